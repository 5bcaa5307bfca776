import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { GuardedProcess } from './guarded-process.js';
import { Guardian } from './guardian.js';
import { mariaDbBinaries } from './mariadb-binaries.js';
import type { MariaDbBinaries } from './mariadb-binaries.js';
import { reservePort } from './port.js';

/** Small, quick to start, and safe against kill -9 (not against the loss of the machine, which nobody tests). */
const SETTINGS = [
  '--bind-address=127.0.0.1',
  '--skip-name-resolve',
  '--skip-log-bin',
  '--performance-schema=OFF',
  '--local-infile=OFF',
  '--max-connections=500',
  '--character-set-server=utf8mb4',
  '--key-buffer-size=1M',
  '--aria-pagecache-buffer-size=8M',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-file-size=16M',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-flush-method=fsync',
  '--innodb-use-native-aio=OFF',
];

/** One `mariadbd` of our own, in a folder of its own, on a loopback port. */
export class MariaDbProcess extends GuardedProcess {
  private port = 0;
  private readonly password = randomBytes(16).toString('hex');

  private constructor(
    private readonly binaries: MariaDbBinaries,
    folder: string,
    guardian: Guardian,
    private readonly more: readonly string[],
  ) {
    super('MariaDB', folder, guardian);
  }

  /** Makes the folder and the system tables, and starts the server for the first time. */
  static async create(options: readonly string[] = []): Promise<MariaDbProcess> {
    const binaries = await mariaDbBinaries();
    const folder = await mkdtemp(join(tmpdir(), 'mariadb-'));
    const guardian = new Guardian(folder);
    const made = new MariaDbProcess(binaries, folder, guardian, options);
    try {
      await made.initialise();
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  /** The address for the server's one user, who may do everything. */
  get url(): string {
    return `mysql://tester:${this.password}@127.0.0.1:${this.port}/`;
  }

  /** Starts the server (again): same port, same data. */
  async start(...more: readonly string[]): Promise<void> {
    const runs = this.launch({
      program: this.binaries.server,
      words: [...this.options(), ...SETTINGS, ...this.more, ...more],
      log: this.path('mariadbd.log'),
    });
    await this.ready(runs, this.path('mariadbd.log'), async () => {
      const connection = await createConnection({ uri: this.url, connectTimeout: 2000 });
      await connection.end();
    });
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  private options(): string[] {
    return [
      '--no-defaults', // Has to come first: nothing of the machine's own configuration counts.
      `--datadir=${this.path('data')}`,
      `--tmpdir=${this.folder}`,
      `--socket=${this.path('socket')}`,
      `--pid-file=${this.path('mariadbd.pid')}`,
      `--port=${this.port}`,
      `--secure-file-priv=${this.folder}`,
      ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ];
  }

  private async initialise(): Promise<void> {
    const words = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
    const fast = [
      '--innodb-log-file-size=16M',
      '--innodb-use-native-aio=OFF',
      '--innodb-flush-method=nosync',
    ];
    try {
      await promisify(execFile)(this.binaries.installDb, [...this.options(), ...words, ...fast]);
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`mariadb-install-db failed:\n${stdout}\n${stderr}`, { cause: error });
    }
    const init = this.path('init.sql');
    // Done before the port opens: root without a password and the anonymous users were never reachable.
    const users = [
      "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';",
      'FLUSH PRIVILEGES;',
      `CREATE USER 'tester'@'127.0.0.1' IDENTIFIED BY '${this.password}';`,
      "GRANT ALL PRIVILEGES ON *.* TO 'tester'@'127.0.0.1' WITH GRANT OPTION;",
    ];
    writeFileSync(init, `${users.join('\n')}\n`, { mode: 0o600 });
    for (let attempt = 1; ; attempt += 1) {
      this.port = await freePort();
      try {
        await this.start(`--init-file=${init}`);
        break;
      } catch (error) {
        // Between our look and the server's, somebody else may have taken the port.
        if (attempt === 3 || !String(error).includes('Address already in use')) throw error;
      }
    }
    rmSync(init);
  }
}

async function freePort(): Promise<number> {
  const reserved = await reservePort();
  await reserved.release();
  return reserved.port;
}
