import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import mysql2, { type ConnectionOptions, type Pool, type PoolOptions } from 'mysql2';
import { DataSource, type DataSourceOptions, getMetadataArgsStorage } from 'typeorm';
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
  return new DataSource({ ...mysqlOptions(address, host), ...ownStoreOptions() });
}

/**
 * A database of Nova on one of its hosts, not yet connected. It is only ever read: there are no migrations, and
 * the database itself refuses whatever else is tried, because every transaction is a read-only one.
 */
export function novaDatabaseOn(address: MysqlAddress, host: MysqlHost): DataSource {
  return new DataSource({
    ...mysqlOptions(address, host),
    driver: { ...mysql2, createPool: createNovaPool },
  });
}

/** One connection to a host, outside of any pool. */
export function mysqlConnection(
  { user, password, database, tls }: MysqlAddress,
  host: MysqlHost,
): ConnectionOptions {
  return { ...host, user, password, database, ...encryption(tls) };
}

function mysqlOptions(address: MysqlAddress, { host, port }: MysqlHost): MysqlOptions {
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
    ...encryption(address.tls),
    // Times in the tables are UTC; without this the driver would read them in the machine's own zone.
    timezone: 'Z',
    // Read as they stand there: they are only ever shown and compared, and to make a Date of each takes long.
    dateStrings: true,
    connectTimeout: CONNECT_TIME_LIMIT,
    poolSize: CONNECTIONS,
    extra: { queueLimit: WAITING },
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

function encryption(tls: MysqlTls | undefined): Pick<ConnectionOptions, 'ssl'> & { ssl?: { ca?: Buffer } } {
  if (tls === undefined) return {};
  const files = Object.entries(tls).map(([name, path]) => [name, readFileSync(path as string)] as const);
  return { ssl: Object.fromEntries(files) };
}

/** What a session on a database of Nova is told before its first question, which waits behind. */
const NOVA_SESSION = [
  'SET SESSION TRANSACTION READ ONLY',
  // As Nova's columns are: MariaDB refuses to compare them with what they cannot hold. Answers come as they would without.
  'SET SESSION collation_connection = utf8_general_ci',
];

function createNovaPool(options: PoolOptions): Pool {
  const pool = mysql2.createPool(options);
  pool.on('connection', (connection) => {
    for (const statement of NOVA_SESSION) {
      connection.query(statement, (error) => {
        if (error) connection.destroy();
      });
    }
  });
  return pool;
}
