import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The two programs a private server is made with. */
export interface MariaDbBinaries {
  readonly server: string;
  readonly installDb: string;
}

/** The client package for `my_print_defaults`, without which `mariadb-install-db` does not run. */
const PACKAGES = ['mariadb-server-core', 'mariadb-client-core'];

/** Not on the PATH of an ordinary user, yet where Debian puts the server. */
const MORE_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/local/bin', '/usr/bin'];

/**
 * Finds the programs, installing Debian's package when they are missing and that is possible.
 * Tests that need a database fail without one: nothing here skips them silently.
 */
export async function mariaDbBinaries(): Promise<MariaDbBinaries> {
  const present = await find();
  if (present) return present;
  const elevated = process.env.TEST_INSTALL === 'no' ? undefined : await elevation();
  if (!elevated || !(await which('apt-get'))) throw new Error(missing());
  process.stderr.write(
    `MariaDB is not installed: installing ${PACKAGES.join(', ')} (TEST_INSTALL=no forbids it)\n`,
  );
  const failure = await install(elevated);
  const installed = await find();
  if (!installed) throw new Error(`${missing()}${failure ? `; apt-get said: ${failure}` : ''}`);
  return installed;
}

function missing(): string {
  return (
    'mariadbd, mariadb-install-db or my_print_defaults is missing on this machine: give TEST_MARIADB_URL=mysql://root:password@host:port/, ' +
    'or install mariadb-server, or allow the installation (root or sudo without a password, apt-get, no TEST_INSTALL=no)'
  );
}

async function find(): Promise<MariaDbBinaries | undefined> {
  const server = await which('mariadbd');
  const installDb = await which('mariadb-install-db');
  const helper = await which('my_print_defaults');
  return server && installDb && helper ? { server, installDb } : undefined;
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

/**
 * The `-core` packages hold the programs alone. The full `mariadb-server` would also set up and start a system
 * service, which nobody asked for.
 */
async function install(elevated: readonly string[]): Promise<string | undefined> {
  const installing = ['install', '-y', '--no-install-recommends', ...PACKAGES];
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
