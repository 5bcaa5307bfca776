import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { debianPrograms } from '../process/debian.js';
import { GuardedProcess } from '../process/guarded-process.js';
import { Guardian } from '../process/guardian.js';
import { reservePort } from '../http/port.js';

/** The options of a small MariaDB that starts quickly. Its data survives `kill -9`, but not a crash of the machine. */
const SETTINGS = [
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

/** The options of a MariaDB that tests can change. */
export interface MariaDbOptions {
  readonly options?: readonly string[];
  /** The start of a command line that runs MariaDB, such as `nsenter` with its options. */
  readonly before?: readonly string[];
  /** The address on which MariaDB listens; by default 127.0.0.1. */
  readonly address?: string;
  readonly password?: string;
  /** If the tests run as root: the system user that runs MariaDB; by default root. */
  readonly user?: string;
}

/** A `mariadbd` process with its own data folder, on a free port. */
export class MariaDbProcess extends GuardedProcess {
  private port = 0;
  private readonly address: string;
  private readonly password: string;

  private constructor(
    private readonly programs: Readonly<Record<'mariadbd' | 'mariadb-install-db', string>>,
    folder: string,
    guardian: Guardian,
    private readonly choices: MariaDbOptions,
  ) {
    super('MariaDB', folder, guardian);
    this.address = choices.address ?? '127.0.0.1';
    this.password = choices.password ?? randomBytes(16).toString('hex');
  }

  /** Creates the data folder and the system tables, and starts MariaDB for the first time. */
  static async create(choices: MariaDbOptions = {}): Promise<MariaDbProcess> {
    const programs = await debianPrograms('MariaDB');
    const folder = await mkdtemp(join(tmpdir(), 'mariadb-'));
    const guardian = new Guardian(folder);
    const made = new MariaDbProcess(programs, folder, guardian, choices);
    try {
      await made.initialise();
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  /** The URL of the server with the name and password of its only user, an administrator. */
  get url(): string {
    return `mysql://tester:${this.password}@${this.address}:${this.port}/`;
  }

  /** Starts MariaDB, or restarts it with the same port and data. */
  async start(...more: readonly string[]): Promise<void> {
    const { before = [], options = [] } = this.choices;
    await this.changeOwner();
    const [program, ...words] = [...before, this.programs.mariadbd];
    const runs = this.launch({
      program,
      args: [...words, ...this.options(), ...SETTINGS, ...options, ...more],
      log: this.path('mariadbd.log'),
    });
    await this.waitUntilReady(runs, this.path('mariadbd.log'), async () => {
      const connection = await createConnection({ uri: this.url, connectTimeout: 2000 });
      await connection.end();
    });
  }

  /** Changes the owner of all files, so that the system user that runs MariaDB can read them. */
  private async changeOwner(): Promise<void> {
    const { user } = this.choices;
    if (user !== undefined) await promisify(execFile)('chown', ['-R', user, this.folder]);
  }

  private path(name: string): string {
    return join(this.folder, name);
  }

  private options(): string[] {
    return [
      // MariaDB accepts this option only as the first one. With it, MariaDB ignores the configuration files of the machine.
      '--no-defaults',
      `--datadir=${this.path('data')}`,
      `--tmpdir=${this.folder}`,
      `--socket=${this.path('socket')}`,
      `--pid-file=${this.path('mariadbd.pid')}`,
      `--bind-address=${this.address}`,
      `--port=${this.port}`,
      `--secure-file-priv=${this.folder}`,
      ...(process.getuid?.() === 0 ? [`--user=${this.choices.user ?? 'root'}`] : []),
    ];
  }

  private async initialise(): Promise<void> {
    const words = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
    const fast = [
      '--innodb-log-file-size=16M',
      '--innodb-use-native-aio=OFF',
      '--innodb-flush-method=nosync',
    ];
    await this.changeOwner();
    try {
      await promisify(execFile)(this.programs['mariadb-install-db'], [...this.options(), ...words, ...fast]);
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`mariadb-install-db failed:\n${stdout}\n${stderr}`, { cause: error });
    }
    const init = this.path('init.sql');
    const from = this.choices.address === undefined ? '127.0.0.1' : '%';
    // MariaDB runs this file before it opens the port. So root without a password and the anonymous users are never
    // reachable.
    const users = [
      "DELETE FROM mysql.global_priv WHERE User <> 'mariadb.sys';",
      'FLUSH PRIVILEGES;',
      `CREATE USER 'tester'@'${from}' IDENTIFIED BY '${this.password}';`,
      `GRANT ALL PRIVILEGES ON *.* TO 'tester'@'${from}' WITH GRANT OPTION;`,
    ];
    writeFileSync(init, `${users.join('\n')}\n`, { mode: 0o600 });
    for (let attempt = 1; ; attempt += 1) {
      this.port = await freePort();
      try {
        await this.start(`--init-file=${init}`);
        break;
      } catch (error) {
        // `freePort` has released the port, so another process may have used it before MariaDB could. In this case,
        // this code tries another port.
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
