import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianPrograms } from '../process/debian.js';
import { GuardedProcess } from '../process/guarded-process.js';
import { Guardian } from '../process/guardian.js';
import { configureNovaApi, type NovaApiFiles, type NovaApiSettings } from './api-config.js';
import { prepareNova } from './api-prepare.js';
import { reservePort } from '../http/port.js';

/**
 * As in Debian's own configuration of nova-api, so that clients meet what they meet there: every answer ends with its
 * connection, and none says its length. Threads are none, as Nova's are eventlet's.
 */
const UWSGI = [
  '--wsgi-file=/usr/bin/nova-api-wsgi',
  '--master',
  '--processes=2',
  '--threads=1',
  '--enable-threads',
  '--lazy-apps',
  '--thunder-lock',
  '--rem-header=Content-Length',
  '--buffer-size=65535',
  '--listen=100',
  '--die-on-term',
  '--need-app',
  '--log-format=%(method) %(uri) %(status) %(msecs) ms',
];

/** One nova-api of our own, in a folder of its own, on a loopback port. */
export class NovaApiProcess extends GuardedProcess {
  private constructor(
    private readonly uwsgi: string,
    folder: string,
    private readonly files: NovaApiFiles,
    private readonly port: number,
    guardian: Guardian,
  ) {
    super('nova-api', folder, guardian);
  }

  /** Makes the folder, the tables and the cells, and starts the server for the first time. */
  static async create(settings: NovaApiSettings): Promise<NovaApiProcess> {
    // Not Debian's package `nova-api`, which is a system service over these programs that nobody asked for.
    const programs = await debianPrograms('Nova');
    const folder = await mkdtemp(join(tmpdir(), 'nova-api-'));
    const guardian = new Guardian(folder);
    const files = await configureNovaApi(folder, settings);
    const reserved = await reservePort();
    const made = new NovaApiProcess(programs.uwsgi_python3, folder, files, reserved.port, guardian);
    const { environment } = made;
    const { databases } = settings;
    try {
      await prepareNova({ config: files.config, databases, environment, guardian });
      await reserved.release();
      await made.start();
      return made;
    } catch (error) {
      await reserved.release();
      await made.stop();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts the server (again): same port, same data. */
  async start(): Promise<void> {
    const runs = this.launch({
      program: this.uwsgi,
      words: [`--http-socket=127.0.0.1:${this.port}`, ...UWSGI],
      log: this.files.log,
      env: this.environment,
    });
    await this.ready(runs, this.files.log, async () => {
      const { status } = await fetch(this.url, { signal: AbortSignal.timeout(5000) });
      return status === 200 ? undefined : status;
    });
  }

  /** What nova-api wrote, and, soon after each answer, a line: method, path, status and duration. */
  log(): string {
    return readFileSync(this.files.log, 'utf8');
  }

  /** Nothing of the tests' own: another Python on the PATH would be taken for Debian's. */
  private get environment(): Readonly<Record<string, string>> {
    return {
      PATH: '/usr/bin:/bin',
      HOME: this.folder,
      // Else it cannot log a path with an umlaut, and answers nothing.
      LC_ALL: 'C.UTF-8',
      OS_NOVA_CONFIG_DIR: this.folder,
      // Absolute paths stay what they are.
      OS_NOVA_CONFIG_FILES: `/usr/share/nova-common/api-paste.ini;${this.files.config}`,
    };
  }
}
