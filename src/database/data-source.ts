import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import mysql2, { type ConnectionOptions, type Pool, type PoolOptions } from 'mysql2';
import { DataSource, type DataSourceOptions, getMetadataArgsStorage } from 'typeorm';
import { errorText } from '../common/error-text.js';
import { readSmallFile, shownPath } from '../common/read-small-file.js';
import { parseDatabaseUrl } from '../config/database-url.js';
import type { MysqlAddress, MysqlHost, MysqlTls } from '../config/mysql-address.js';
import { ownTables } from './own-tables.js';

/** How many connections there are at most, and how many questions may wait for one. */
const CONNECTIONS = 10;
const WAITING = 2_000;

/** How long a connection attempt may take, in milliseconds. */
const CONNECT_TIME_LIMIT = 1_500;

type MysqlOptions = Extract<DataSourceOptions, { type: 'mysql' | 'mariadb' }>;

/** The service's own store, where several hosts hold it on the first of them; not yet connected. */
export function ownStore(databaseUrl: string): DataSource {
  const address = parseDatabaseUrl(databaseUrl);
  if (address.kind === 'mysql') return ownStoreOn(address, address.hosts[0]);
  mkdirSync(dirname(address.path), { recursive: true });
  return new DataSource({
    ...ownStoreOptions(),
    type: 'better-sqlite3',
    database: address.path,
    enableWAL: true,
  });
}

/** The service's own store on one of its hosts, not yet connected. */
export function ownStoreOn(address: MysqlAddress, host: MysqlHost): DataSource {
  return new DataSource({
    ...mysqlOptions(address, host),
    ...ownStoreOptions(),
    driver: driverWith([KNOWN_LANGUAGE]),
  });
}

/**
 * A database of Nova on one of its hosts, not yet connected. It is only ever read: there are no migrations, and
 * the database itself refuses whatever else is tried, because every transaction is a read-only one.
 */
export function novaDatabaseOn(address: MysqlAddress, host: MysqlHost): DataSource {
  return new DataSource({
    ...mysqlOptions(address, host),
    driver: driverWith(NOVA_SESSION),
  });
}

/** One connection to a host, outside of any pool. */
export function mysqlConnection(
  { user, password, database, tls }: MysqlAddress,
  host: MysqlHost,
): ConnectionOptions {
  return { ...host, user, password, database, ...encryption(tls, host) };
}

function mysqlOptions(address: MysqlAddress, at: MysqlHost): MysqlOptions {
  const { host, port } = at;
  return {
    ...neverByItself,
    entities: entities(),
    type: 'mysql',
    host,
    port,
    username: address.user,
    password: address.password,
    database: address.database,
    charset: 'utf8mb4',
    ...encryption(address.tls, at),
    // Times in the tables are UTC; without this the driver would read them in the machine's own zone.
    timezone: 'Z',
    // Read as they stand there: they are only ever shown and compared, and to make a Date of each takes long.
    dateStrings: true,
    connectTimeout: CONNECT_TIME_LIMIT,
    poolSize: CONNECTIONS,
    // A stack for every question, should it fail, costs more than the question.
    extra: { queueLimit: WAITING, trace: false },
  };
}

const neverByItself = { synchronize: false, migrationsRun: false, logging: false } as const;

function ownStoreOptions() {
  return {
    ...neverByItself,
    entities: entities(),
    migrations: ownTables(),
    migrationsTableName: 'nova_action_log_migrations',
  };
}

/** Every entity that a module of this deployment declares. */
function entities() {
  return getMetadataArgsStorage().tables.map((table) => table.target);
}

/** The driver can compare a certificate with a name, and not with an address. */
function encryption(
  tls: MysqlTls | undefined,
  { host }: MysqlHost,
): Pick<ConnectionOptions, 'ssl'> & { ssl?: { ca?: Buffer } } {
  if (tls === undefined) return {};
  const { checksName, ...paths } = tls;
  const files = Object.entries(paths).map(([name, path]) => [name, readTlsFile(name, path)] as const);
  return { ssl: { ...Object.fromEntries(files), verifyIdentity: checksName && isIP(host) === 0 } };
}

function readTlsFile(name: string, path: string): Buffer {
  try {
    return readSmallFile(path);
  } catch (error) {
    throw new Error(`the file of ssl_${name} ${errorText(error)}${shownPath(path)}`, { cause: error });
  }
}

/**
 * The driver writes values into the text of a question, and quotes them with backslashes. A server can be set to take
 * these as they stand (`NO_BACKSLASH_ESCAPES`): then whoever asks could write questions of his own. Nova sets the same.
 */
const KNOWN_LANGUAGE = "SET SESSION sql_mode = 'TRADITIONAL'";

/** What a session on a database of Nova is told before its first question, which waits behind. */
const NOVA_SESSION = [
  KNOWN_LANGUAGE,
  // In seconds for MariaDB, in milliseconds for MySQL, and each skips the other's: longer, nobody waits for an answer.
  'SET SESSION autocommit = 1 /*M! , SESSION max_statement_time = 2 */ /*!50708 , SESSION max_execution_time = 2000 */',
  'SET SESSION TRANSACTION READ ONLY',
  // As Nova's columns are: MariaDB refuses to compare them with what they cannot hold. Answers come as they would without.
  'SET SESSION collation_connection = utf8_general_ci',
];

/** The driver, with sessions that are told something before their first question. */
function driverWith(session: readonly string[]): typeof mysql2 {
  const createPool = (options: PoolOptions): Pool => {
    const pool = mysql2.createPool(options);
    pool.on('connection', (connection) => {
      for (const statement of session) {
        connection.query(statement, (error) => {
          if (error) connection.destroy();
        });
      }
    });
    return pool;
  };
  return { ...mysql2, createPool } as typeof mysql2;
}
