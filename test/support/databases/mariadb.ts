import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { type MariaDbOptions, MariaDbProcess } from './mariadb-process.js';

/** A MariaDB server in which tests can create databases. */
export interface MariaDbServer {
  /** Returns the URL of a database: `mysql://user:password@127.0.0.1:port/database`. */
  url(database: string): string;
  /** Creates an empty utf8mb4 database, whose name begins with the prefix and is unique. @returns its URL */
  createDatabase(prefix: string): Promise<string>;
  /** Drops a database that `createDatabase` created. */
  dropDatabase(url: string): Promise<void>;
  /**
   * Stops the server if the tests started it. On the server of TEST_MARIADB_URL, drops the databases that
   * `createDatabase` created.
   */
  stop(): Promise<void>;
}

/** A MariaDB server that only one test file uses, so that its tests can stop the server. */
export interface PrivateMariaDb extends MariaDbServer {
  /** Sends SIGSTOP to the server. Connections stay open, but queries get no response. */
  pause(): void;
  /** Sends SIGCONT to the server. */
  resume(): void;
  /** Sends SIGKILL to the server, and waits until it has exited. */
  kill(): Promise<void>;
  /** Starts the server again after `kill`, with the same port and data. */
  start(): Promise<void>;
}

/**
 * Returns the server that TEST_MARIADB_URL names (`mysql://root:password@host:port/`). If the variable is not set,
 * starts a server.
 */
export async function mariaDb(): Promise<MariaDbServer> {
  const url = process.env.TEST_MARIADB_URL;
  return url ? new Databases(url) : privateMariaDb();
}

/** Starts a server for one test file, even if TEST_MARIADB_URL names a server. */
export async function privateMariaDb(choices: MariaDbOptions = {}): Promise<PrivateMariaDb> {
  return new PrivateServer(await MariaDbProcess.create(choices));
}

/** The suffix that `createDatabase` appends to names. `dropDatabase` drops only databases with this suffix. */
const TEST_SUFFIX = /_[0-9a-f]{12}$/;

class Databases implements MariaDbServer {
  private readonly made = new Set<string>();

  constructor(private readonly serverUrl: string) {}

  url(database: string): string {
    const url = new URL(this.serverUrl);
    url.pathname = `/${encodeURIComponent(database)}`;
    return url.href;
  }

  async createDatabase(prefix: string): Promise<string> {
    if (!/^[a-z0-9_]{1,40}$/i.test(prefix)) throw new Error(`not a prefix of a database name: ${prefix}`);
    const name = `${prefix}_${randomBytes(6).toString('hex')}`;
    await this.execute(`CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`);
    const url = this.url(name);
    this.made.add(url);
    return url;
  }

  async dropDatabase(url: string): Promise<void> {
    const name = decodeURIComponent(new URL(url).pathname.slice(1));
    if (!/^\w+$/.test(name) || !TEST_SUFFIX.test(name)) throw new Error(`not a database of a test: ${name}`);
    await this.execute(`DROP DATABASE IF EXISTS \`${name}\``);
    this.made.delete(url);
  }

  async stop(): Promise<void> {
    for (const url of this.made) await this.dropDatabase(url);
  }

  private async execute(sql: string): Promise<void> {
    const connection = await createConnection(this.serverUrl);
    try {
      await connection.query(sql);
    } finally {
      await connection.end();
    }
  }
}

class PrivateServer extends Databases implements PrivateMariaDb {
  constructor(private readonly process: MariaDbProcess) {
    super(process.url);
  }

  pause(): void {
    this.process.signal('SIGSTOP');
  }

  resume(): void {
    this.process.signal('SIGCONT');
  }

  async kill(): Promise<void> {
    await this.process.kill();
  }

  async start(): Promise<void> {
    await this.process.start();
  }

  override async stop(): Promise<void> {
    await this.process.stop();
  }
}
