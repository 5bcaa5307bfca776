import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { mayInstall } from '../process/debian.js';

const run = promisify(execFile);

const FOLDER = '/usr/lib/mysql/plugin';

/**
 * Returns the folder with MariaDB's plugins. They are in a Debian package that also starts a system service, so this
 * function unpacks the package without installing it.
 *
 * @param folder the folder for the unpacked files
 */
export async function mariaDbPlugins(folder: string): Promise<string> {
  if (existsSync(join(FOLDER, 'auth_ed25519.so'))) return FOLDER;
  if (!mayInstall()) {
    throw new Error("missing: MariaDB's plugins; install Debian's mariadb-server, or set TEST_INSTALL=yes");
  }
  const { stdout: version } = await run('dpkg-query', ['-W', '-f', '${Version}', 'mariadb-server-core']);
  const download = ['-q', 'download', `mariadb-server=${version}`];
  try {
    await run('apt-get', download, { cwd: folder });
  } catch {
    await run('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', 'update']);
    await run('apt-get', download, { cwd: folder });
  }
  await run('sh', ['-c', 'dpkg-deb -x mariadb-server_*.deb .'], { cwd: folder });
  return join(folder, FOLDER);
}
