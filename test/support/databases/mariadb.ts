import { randomBytes } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { type MariaDbOptions, MariaDbProcess } from './mariadb-process.js';

/** A real MariaDB server, in which a test can create its own databases. */
export interface MariaDbServer {
  /** `mysql://user:password@127.0.0.1:port/database` */
  url(database: string): string;
  /** Creates an empty utf8mb4 database with a unique name. @returns its URL */
  createDatabase(prefix: string): Promise<string>;
  /** Drops a database that `createDatabase` made. */
  dropDatabase(url: string): Promise<void>;
  /** Stops a private server. On the server of TEST_MARIADB_URL, drops the databases that this object created. */
  stop(): Promise<void>;
}

/** A MariaDB server for one test file; the tests can make it fail. */
export interface PrivateMariaDb extends MariaDbServer {
  /** Sends SIGSTOP: connections stay open and get no response. */
  pause(): void;
  /** Sends SIGCONT. */
  resume(): void;
  /** Sends SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again, with the same port and data. */
  start(): Promise<void>;
}

/** Returns the server of TEST_MARIADB_URL (`mysql://root:password@host:port/`) if it is set, otherwise a private one. */
export async function mariaDb(): Promise<MariaDbServer> {
  const url = process.env.TEST_MARIADB_URL;
  return url ? new Databases(url) : privateMariaDb();
}

/** Starts a private server, also if TEST_MARIADB_URL is set. */
export async function privateMariaDb(choices: MariaDbOptions = {}): Promise<PrivateMariaDb> {
  return new PrivateServer(await MariaDbProcess.create(choices));
}

/** The suffix that `createDatabase` appends to a name. Only databases with this suffix can be dropped. */
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
