import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** The exit code and the output of a program. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  /** The working folder; by default the folder of the project. */
  readonly folder?: string;
  /** The text of the standard input; by default empty. */
  readonly input?: string;
}

/** Runs a program, and waits until it has exited. */
export async function run(
  program: string,
  args: readonly string[],
  { folder = PROJECT, input = '' }: RunOptions = {},
): Promise<Outcome> {
  // Jest sets variables for Node and for its workers. The program does not get them, because they would change other
  // programs, such as another Jest.
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' };
  delete environment['JEST_WORKER_ID'];
  const child = spawn(program, args, { cwd: folder, env: environment });
  // The program may exit before it has read its input. This is not an error.
  child.stdin.on('error', () => undefined).end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  // npm's warnings and notices depend on the machine or announce a newer npm. They are not output of the program.
  return { code: child.exitCode, out, err: err.replaceAll(/^npm (warn|notice)\b.*\n/gm, '') };
}

/** Runs an npm script, as users of the project do. */
export function npmRun(script: string, args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return run('npm', ['run', '--silent', script, '--', ...args], options);
}
