import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const PROJECT = join(import.meta.dirname, '..', '..', '..');

/** How a program ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Where a program runs, and what it reads. */
interface Setting {
  /** The project, if absent. */
  readonly folder?: string;
  readonly input?: string;
}

/** Runs a program to its end. */
export async function run(
  program: string,
  words: readonly string[],
  { folder = PROJECT, input = '' }: Setting = {},
): Promise<Outcome> {
  // What Jest tells Node and its own workers is not for other programs, among them another Jest.
  const environment: NodeJS.ProcessEnv = { ...process.env, NODE_OPTIONS: '' };
  delete environment['JEST_WORKER_ID'];
  const child = spawn(program, words, { cwd: folder, env: environment });
  // It may have ended by then, without having read it.
  child.stdin.on('error', () => undefined).end(input);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  // npm's own warnings and notices are about the machine, or about a newer npm.
  return { code: child.exitCode, out, err: err.replaceAll(/^npm (warn|notice)\b.*\n/gm, '') };
}

/** Runs one of the npm scripts, as the project's users do. */
export function npmRun(script: string, words: readonly string[], setting?: Setting): Promise<Outcome> {
  return run('npm', ['run', '--silent', script, '--', ...words], setting);
}
