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

/** The options of {@link run}. */
interface RunOptions {
  /** The working folder. The default is the project. */
  readonly folder?: string;
  /** The standard input. The default is empty. */
  readonly input?: string;
}

/** Runs a program and waits until it has exited. */
export async function run(
  program: string,
  args: readonly string[],
  { folder = PROJECT, input = '' }: RunOptions = {},
): Promise<Outcome> {
  // Without Jest's variables for Node and its workers, which would affect other programs, such as another Jest.
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' };
  delete environment['JEST_WORKER_ID'];
  const child = spawn(program, args, { cwd: folder, env: environment });
  // The program may exit before it has read its input.
  child.stdin.on('error', () => undefined).end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  // npm's warnings and notices concern the machine or a newer npm, not the program.
  return { code: child.exitCode, out, err: err.replaceAll(/^npm (warn|notice)\b.*\n/gm, '') };
}

/** Runs an npm script, as the project's users do. */
export function npmRun(script: string, args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return run('npm', ['run', '--silent', script, '--', ...args], options);
}
