import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort } from '../http/port.js';
import { debianPrograms } from './debian.js';
import { GuardedProcess } from './guarded-process.js';
import { Guardian } from './guardian.js';

/**
 * From Debian's own configuration of its OpenStack servers, so that clients meet what they meet there: the server
 * closes the connection after each response, and sends no length.
 */
const USUAL = [
  '--rem-header=Content-Length',
  '--buffer-size=65535',
  '--enable-threads',
  '--listen=100',
  '--die-on-term',
  '--need-app',
  '--log-format=%(method) %(uri) %(status) %(msecs) ms',
];

/** What a test can do to a server that uWSGI runs. */
export interface UwsgiControls {
  /** Ends the server, and removes its folder and the databases made for it. */
  stop(): Promise<void>;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
  /** Starts the server again, with the same port, keys and data. */
  start(): Promise<void>;
  /** Sends SIGSTOP: the system still accepts connections, and the server answers none. */
  pause(): void;
  /** Sends SIGCONT. */
  resume(): void;
  /** The log so far. Soon after each answer it has a line with method, path, status and duration. */
  log(): string;
}

/** Where one server runs. */
export interface UwsgiLocation {
  readonly folder: string;
  readonly port: number;
  readonly guardian: Guardian;
  /** The path of uWSGI. */
  readonly uwsgi: string;
}

/** A server of OpenStack that uWSGI runs, in a folder of its own, on a loopback port. */
export abstract class UwsgiProcess extends GuardedProcess {
  protected constructor(
    title: string,
    protected readonly place: UwsgiLocation,
    private readonly logFile: string,
  ) {
    super(title, place.folder, place.guardian);
  }

  /**
   * Makes a server, prepares its data, and starts it for the first time.
   *
   * The programs come from packages that bring no system service.
   */
  protected static async createStarted<Server extends UwsgiProcess>(
    tool: 'Keystone' | 'Nova',
    make: (place: UwsgiLocation) => Promise<Server>,
  ): Promise<Server> {
    const { uwsgi_python3: uwsgi } = await debianPrograms(tool);
    const folder = await mkdtemp(join(tmpdir(), `${tool.toLowerCase()}-`));
    const reserved = await reservePort();
    const made = await make({ folder, port: reserved.port, guardian: new Guardian(folder), uwsgi });
    try {
      await made.prepare();
      await reserved.release();
      await made.start();
      return made;
    } catch (error) {
      await reserved.release();
      await made.stop();
      throw error;
    }
  }

  /** Makes the data with which the server starts. */
  protected abstract prepare(): Promise<void>;

  /** Options of uWSGI that name the program and its processes and threads. */
  protected abstract get options(): readonly string[];

  /** The whole environment: another Python on the tests' PATH would be taken for Debian's. */
  protected abstract get environment(): Readonly<Record<string, string>>;

  /** Answers 200 without a token once the server is ready. */
  protected abstract readonly probe: string;

  get rootUrl(): string {
    return `http://127.0.0.1:${this.place.port}`;
  }

  /** Starts the server (again): same port, same data. */
  async start(): Promise<void> {
    const runs = this.launch({
      program: this.place.uwsgi,
      words: [`--http-socket=127.0.0.1:${this.place.port}`, ...this.options, ...USUAL],
      log: this.logFile,
      env: this.environment,
    });
    await this.waitUntilReady(runs, this.logFile, async () => {
      const { status } = await fetch(this.rootUrl + this.probe, { signal: AbortSignal.timeout(5000) });
      return status === 200 ? undefined : status;
    });
  }

  /** What the server wrote, and, soon after each response, a line: method, path, status and duration. */
  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }
}
