import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Programs that a test cannot do without. */
export interface WantedPrograms<Name extends string> {
  /** What they are together, for a person. */
  readonly title: string;
  readonly programs: readonly Name[];
  /** Debian's packages that hold them. */
  readonly packages: readonly string[];
  /** What a person can do instead of having them installed. */
  readonly advice: string;
}

/** Not on the PATH of an ordinary user, yet where Debian puts servers. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/bin'];

/**
 * Finds the programs, installing Debian's packages when one is missing and that is possible.
 * Tests that need them fail without: nothing here skips them silently.
 *
 * @returns the path of each program
 */
export async function debianPrograms<Name extends string>(
  wanted: WantedPrograms<Name>,
): Promise<Readonly<Record<Name, string>>> {
  const present = await find(wanted.programs);
  if (present) return present;
  const elevated = process.env.TEST_INSTALL === 'no' ? undefined : await elevation();
  if (!elevated || !(await which('apt-get'))) throw new Error(missing(wanted));
  process.stderr.write(
    `${wanted.title} is not installed: installing ${wanted.packages.join(', ')} (TEST_INSTALL=no forbids it)\n`,
  );
  const failure = await install(elevated, wanted.packages);
  const installed = await find(wanted.programs);
  if (!installed) throw new Error(`${missing(wanted)}${failure ? `; apt-get said: ${failure}` : ''}`);
  return installed;
}

function missing({ programs, advice }: WantedPrograms<string>): string {
  const [last = '', ...others] = [...programs].reverse();
  const names = others.length === 0 ? last : `${others.reverse().join(', ')} or ${last}`;
  return (
    `${names} is missing on this machine: ${advice}, ` +
    'or allow the installation (root or sudo without a password, apt-get, no TEST_INSTALL=no)'
  );
}

async function find<Name extends string>(
  programs: readonly Name[],
): Promise<Readonly<Record<Name, string>> | undefined> {
  const found = new Map<Name, string>();
  for (const program of programs) {
    const path = await which(program);
    if (path === undefined) return undefined;
    found.set(program, path);
  }
  return Object.fromEntries(found) as Record<Name, string>;
}

async function which(program: string): Promise<string | undefined> {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  for (const folder of [...folders, ...MORE_FOLDERS]) {
    const path = join(folder, program);
    try {
      await access(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/** The words to put before a command so that root runs it; undefined when that is not possible. */
async function elevation(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  try {
    await run('sudo', ['-n', 'true']);
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}

async function install(
  elevated: readonly string[],
  packages: readonly string[],
): Promise<string | undefined> {
  const installing = ['install', '-y', '--no-install-recommends', ...packages];
  const first = await apt(elevated, installing);
  if (first === undefined) return undefined;
  // Either the lists of packages are absent or older than the archive, or something else is wrong for good.
  const updated = await apt(elevated, ['update']);
  const second = await apt(elevated, installing);
  return second === undefined ? undefined : (updated ?? second);
}

/** Runs apt-get; the answer is what went wrong, in one line. */
async function apt(elevated: readonly string[], words: readonly string[]): Promise<string | undefined> {
  // `env` because sudo drops the variable. Another installation at the same time is waited for.
  const command = [
    ...elevated,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=300',
    ...words,
  ];
  try {
    await run(command[0] ?? '', command.slice(1), { maxBuffer: 64 * 1024 * 1024 });
    return undefined;
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
    return (stderr.trim() || String(error)).split('\n').slice(-3).join(' | ');
  }
}
