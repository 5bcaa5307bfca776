import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Guardian } from './guardian.js';

/** A program for Debian's Python. */
export interface PythonRun {
  /** What it is for, as the beginning of a complaint: "Keystone cannot be prepared". */
  readonly failure: string;
  readonly script: string;
  /** Comes as JSON on the script's standard input. */
  readonly input: unknown;
  /** All that the process sees of an environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it with the test run, too. */
  readonly guardian: Guardian;
}

/** Runs a script. @returns what it printed; rejects with all it said when it does not end well */
export async function runPython(run: PythonRun): Promise<string> {
  const { script, input, environment, guardian } = run;
  const python = spawn('/usr/bin/python3', ['-c', script], { env: environment, cwd: '/' });
  if (python.pid !== undefined) guardian.watch(python.pid);
  // A script that ends before it has read everything says why on its own.
  python.stdin.on('error', () => undefined);
  python.stdin.end(JSON.stringify(input));
  const [said, complained] = await Promise.all([
    text(python.stdout),
    text(python.stderr),
    once(python, 'close'),
  ]);
  guardian.forget();
  if (python.exitCode !== 0) throw new Error(`${run.failure}:\n${said}${complained}`);
  return said;
}
