import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort } from '../http/port.js';
import { debianPrograms } from './debian.js';
import { GuardedProcess } from './guarded-process.js';
import { Guardian } from './guardian.js';

/**
 * The options in Debian's configuration of its OpenStack servers. With them the server closes the connection after
 * each response, and sends no `Content-Length`.
 */
const DEBIAN_OPTIONS = [
  '--rem-header=Content-Length',
  '--buffer-size=65535',
  '--enable-threads',
  '--listen=100',
  '--die-on-term',
  '--need-app',
  '--log-format=%(method) %(uri) %(status) %(msecs) ms',
];

/** The controls of a server that uWSGI runs. */
export interface UwsgiControls {
  /** Kills the server, and removes its folder and its databases. */
  stop(): Promise<void>;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
  /** Starts the server again, with the same port, keys and data. */
  start(): Promise<void>;
  /** Sends SIGSTOP: the kernel still accepts connections, but the server sends no response. */
  pause(): void;
  /** Sends SIGCONT. */
  resume(): void;
  /** Returns the log. Soon after each response it has a line with method, path, status and duration. */
  log(): string;
}

/** The folder and the port of a server. */
export interface UwsgiLocation {
  readonly folder: string;
  readonly port: number;
  readonly guardian: Guardian;
  /** The path of uWSGI's program. */
  readonly uwsgi: string;
}

/** An OpenStack server that uWSGI runs, with its own folder, on a loopback port. */
export abstract class UwsgiProcess extends GuardedProcess {
  protected constructor(
    title: string,
    protected readonly location: UwsgiLocation,
    private readonly logFile: string,
  ) {
    super(title, location.folder, location.guardian);
  }

  /**
   * Creates a server, prepares its data, and starts it for the first time. The Debian packages of the programs start
   * no system service.
   */
  protected static async createStarted<Server extends UwsgiProcess>(
    tool: 'Keystone' | 'Nova',
    make: (location: UwsgiLocation) => Promise<Server>,
  ): Promise<Server> {
    const { uwsgi_python3: uwsgi } = await debianPrograms(tool);
    const folder = await mkdtemp(join(tmpdir(), `${tool.toLowerCase()}-`));
    const reserved = await reservePort();
    const server = await make({ folder, port: reserved.port, guardian: new Guardian(folder), uwsgi });
    try {
      await server.prepare();
      await reserved.release();
      await server.start();
      return server;
    } catch (error) {
      await reserved.release();
      await server.stop();
      throw error;
    }
  }

  /** Creates the data that the server needs before its start. */
  protected abstract prepare(): Promise<void>;

  /** uWSGI's options for the program, and for the numbers of processes and threads. */
  protected abstract get options(): readonly string[];

  /** The whole environment. With the tests' PATH, another Python might run instead of Debian's. */
  protected abstract get environment(): Readonly<Record<string, string>>;

  /** A path that returns 200 without a token when the server is ready. */
  protected abstract readonly probe: string;

  get rootUrl(): string {
    return `http://127.0.0.1:${this.location.port}`;
  }

  /** Starts the server, on the same port and with the same data each time. */
  async start(): Promise<void> {
    const isRunning = this.launch({
      program: this.location.uwsgi,
      args: [`--http-socket=127.0.0.1:${this.location.port}`, ...this.options, ...DEBIAN_OPTIONS],
      log: this.logFile,
      env: this.environment,
    });
    await this.waitUntilReady(isRunning, this.logFile, async () => {
      const { status } = await fetch(this.rootUrl + this.probe, { signal: AbortSignal.timeout(5000) });
      return status === 200 ? undefined : status;
    });
  }

  /** Returns the log. Soon after each response it has a line with method, path, status and duration. */
  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }
}
