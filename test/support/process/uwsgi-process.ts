import { readFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort } from '../http/port.js';
import { debianPrograms } from './debian.js';
import { GuardedProcess } from './guarded-process.js';
import { Guardian } from './guardian.js';

/**
 * The uWSGI options in Debian's configuration of OpenStack servers. With them, the server closes each connection after
 * its response, and sends no `Content-Length`.
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

/** Functions that control a server which uWSGI runs. */
export interface UwsgiControls {
  /** Kills the server. Removes its folder and its databases. */
  stop(): Promise<void>;
  /** Sends SIGKILL to the server, and waits until it has exited. */
  kill(): Promise<void>;
  /** Starts the server again after `kill`, with the same port, keys and data. */
  start(): Promise<void>;
  /** Sends SIGSTOP to the server. The kernel still accepts connections, but the server does not respond. */
  pause(): void;
  /** Sends SIGCONT to the server. */
  resume(): void;
  /**
   * Returns the server's log. It contains a line for each request, with method, path, status and duration. The line
   * appears shortly after the response.
   */
  log(): string;
}

/** The folder and the port of a server, and the program that runs it. */
export interface UwsgiLocation {
  readonly folder: string;
  readonly port: number;
  readonly guardian: Guardian;
  /** The path of the program uWSGI. */
  readonly uwsgi: string;
}

/** An OpenStack server that uWSGI runs on a loopback port. It has its own folder. */
export abstract class UwsgiProcess extends GuardedProcess {
  protected constructor(
    title: string,
    protected readonly location: UwsgiLocation,
    private readonly logFile: string,
  ) {
    super(title, location.folder, location.guardian);
  }

  /**
   * Creates a server and its data, and starts it for the first time. The programs are from Debian packages that start
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

  /** Creates the files and tables that the server needs before its first start. */
  protected abstract prepare(): Promise<void>;

  /** uWSGI's options that name the server's program and the numbers of processes and threads. */
  protected abstract get options(): readonly string[];

  /** All environment variables of the process. With the PATH of the tests, another Python than Debian's might run. */
  protected abstract get environment(): Readonly<Record<string, string>>;

  /** A path for which a ready server returns 200 to a request without a token. */
  protected abstract readonly probe: string;

  get rootUrl(): string {
    return `http://127.0.0.1:${this.location.port}`;
  }

  /** Starts the server. A restarted server keeps its port and its data. */
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

  /** Returns the server's log, in which each request has a line. */
  log(): string {
    return readFileSync(this.logFile, 'utf8');
  }
}
