import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { Guardian } from './guardian.js';

/** A script that Debian's Python runs. */
export interface PythonRun {
  /** The start of the error message if the script fails, such as "Keystone cannot be prepared". */
  readonly failure: string;
  readonly script: string;
  /** A value that the script reads from its standard input, as JSON. */
  readonly input: unknown;
  /** All environment variables of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills the process if the test run ends before the process exits. */
  readonly guardian: Guardian;
}

/** Runs a script. @returns the standard output @throws Error with all output if the exit code is not 0 */
export async function runPython(run: PythonRun): Promise<string> {
  const { script, input, environment, guardian } = run;
  const python = spawn('/usr/bin/python3', ['-c', script], { env: environment, cwd: '/' });
  if (python.pid !== undefined) guardian.watch(python.pid);
  // If the script exits before it has read its input, the pipe reports an error. It is ignored, because the output of
  // the script contains the reason.
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
