import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPrograms } from '../process/debian.js';
import { GuardedProcess } from '../process/guarded-process.js';
import { Guardian } from '../process/guardian.js';
import { configureKeystone, type KeystoneFiles, type KeystoneOptions } from './config.js';
import { prepareKeystone } from './prepare.js';
import { reservePort } from '../http/port.js';

/**
 * As in Debian's own configuration of Keystone, so that clients meet what they meet there: every answer ends with
 * its connection, and none says its length. But one process without a master: a signal to it reaches all of it.
 */
const UWSGI = [
  '--module=keystone.server.wsgi:initialize_public_application()',
  '--rem-header=Content-Length',
  '--buffer-size=65535',
  '--enable-threads',
  '--listen=100',
  '--die-on-term',
  '--need-app',
  '--log-format=%(method) %(uri) %(status) %(msecs) ms',
];

/** One Keystone of our own, in a folder of its own, on a loopback port. */
export class KeystoneProcess extends GuardedProcess {
  /** Of every user. */
  readonly password = randomBytes(16).toString('hex');

  private constructor(
    private readonly uwsgi: string,
    folder: string,
    private readonly files: KeystoneFiles,
    private readonly port: number,
    guardian: Guardian,
  ) {
    super('Keystone', folder, guardian);
  }

  /** Makes the folder, the keys and the database, and starts the server for the first time. */
  static async create(options: KeystoneOptions): Promise<KeystoneProcess> {
    // Not Debian's package `keystone`, which is these programs and a system service that nobody asked for.
    const programs = await debianPrograms('Keystone');
    const folder = await mkdtemp(join(tmpdir(), 'keystone-'));
    const guardian = new Guardian(folder);
    const files = await configureKeystone(folder, options);
    const reserved = await reservePort();
    const made = new KeystoneProcess(programs.uwsgi_python3, folder, files, reserved.port, guardian);
    const { rootUrl, password, environment } = made;
    try {
      await prepareKeystone({ files, url: `${rootUrl}/v3`, password, environment, guardian });
      await reserved.release();
      await made.start();
      return made;
    } catch (error) {
      await reserved.release();
      await made.stop();
      throw error;
    }
  }

  get rootUrl(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the server (again): same port, same data. */
  async start(): Promise<void> {
    const socket = `--http-socket=127.0.0.1:${this.port}`;
    // Two of Keystone's requests at once would refuse each other SQLite's lock: each reads before it writes.
    const threads = `--threads=${this.files.sqlite === null ? 16 : 1}`;
    const runs = this.launch({
      program: this.uwsgi,
      words: [socket, threads, ...UWSGI],
      log: this.files.log,
      env: this.environment,
    });
    await this.ready(runs, this.files.log, async () => {
      const { status } = await fetch(`${this.rootUrl}/v3`, { signal: AbortSignal.timeout(5000) });
      return status === 200 ? undefined : status;
    });
  }

  /** What Keystone wrote, and, soon after each answer, a line: method, path, status and duration. */
  log(): string {
    return readFileSync(this.files.log, 'utf8');
  }

  /** Nothing of the tests' own: another Python on the PATH would be taken for Debian's. */
  private get environment(): Readonly<Record<string, string>> {
    return { PATH: '/usr/bin:/bin', HOME: this.folder, OS_KEYSTONE_CONFIG_FILES: this.files.config };
  }
}
