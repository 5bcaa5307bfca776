import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Guardian } from './guardian.js';

/** A script for Debian's Python. */
export interface PythonRun {
  /** The start of the error message if the script fails, as in "Keystone cannot be prepared". */
  readonly failure: string;
  readonly script: string;
  /** Sent as JSON to the script's standard input. */
  readonly input: unknown;
  /** The whole environment of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills the process if the test run ends. */
  readonly guardian: Guardian;
}

/** Runs a script. @returns its standard output @throws Error with its whole output if its exit code is not 0 */
export async function runPython(run: PythonRun): Promise<string> {
  const { script, input, environment, guardian } = run;
  const python = spawn('/usr/bin/python3', ['-c', script], { env: environment, cwd: '/' });
  if (python.pid !== undefined) guardian.watch(python.pid);
  // A script that exits before it has read its input prints the reason itself.
  python.stdin.on('error', () => undefined);
  python.stdin.end(JSON.stringify(input));
  const [stdout, stderr] = await Promise.all([
    text(python.stdout),
    text(python.stderr),
    once(python, 'close'),
  ]);
  guardian.forget();
  if (python.exitCode !== 0) throw new Error(`${run.failure}:\n${stdout}${stderr}`);
  return stdout;
}
