import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import mysql2, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import type { MysqlAddress, MysqlHost } from '../../config/addresses/mysql-address.js';
import { embeddedDriver } from './embedded-driver.js';
import { connectionTo } from './mysql-connection.js';
import type { Tables } from '../tables/module-with-tables.js';
import { timeLimits } from './time-limits.js';

/** The maximum number of connections to a host for reads. */
const MAX_CONNECTIONS = 10;
/** The maximum number of connections to a host for transactions. */
const MAX_WRITING_CONNECTIONS = 4;
/** The maximum number of queries that wait for a connection to a host. */
const MAX_WAITING_QUERIES = 2_000;

/** A function that makes the DataSource for one host of a database. The DataSource is not yet connected. */
export type DataSourceOnHost = (address: MysqlAddress, host: MysqlHost) => DataSource;

type MysqlOptions = Extract<DataSourceOptions, { type: 'mysql' | 'mariadb' }>;

/**
 * Makes a DataSource for the service's own database (the own store), on the first host of its address. The DataSource
 * is not yet connected.
 *
 * @param busyTimeout the maximum time that SQLite blocks this process while another process writes, in milliseconds
 */
export function ownStore(databaseUrl: string, tables: Tables, busyTimeout = 5_000): DataSource {
  const address = parseDatabaseUrl(databaseUrl);
  if (address.kind === 'mysql') return ownStoreOnHost(tables)(address, address.hosts[0]);
  mkdirSync(dirname(address.path), { recursive: true });
  return new DataSource({
    ...ownStoreOptions(tables),
    type: 'better-sqlite3',
    driver: embeddedDriver(),
    database: address.path,
    enableWAL: true,
    timeout: busyTimeout,
  });
}

/** Returns a function that makes a DataSource for one host of the service's own database. */
export function ownStoreOnHost(tables: Tables, poolSize = MAX_CONNECTIONS): DataSourceOnHost {
  return (address, host) =>
    new DataSource({
      ...mysqlOptions(address, host),
      ...ownStoreOptions(tables),
      poolSize,
      driver: driverWith([SET_SESSION_MODE, LIMIT_IDLE_TRANSACTIONS]),
    });
}

/** Returns a function that makes a DataSource for transactions, on one host of the service's own database. */
export function writableOwnStoreOnHost(tables: Tables): DataSourceOnHost {
  return ownStoreOnHost(tables, MAX_WRITING_CONNECTIONS);
}

/**
 * Returns a function that makes a DataSource for one host of a database of Nova. The DataSource can only read: every
 * transaction is read-only, so the database rejects changes.
 */
export function novaDatabaseOnHost(
  { entities }: Pick<Tables, 'entities'>,
  poolSize = MAX_CONNECTIONS,
): DataSourceOnHost {
  return (address, host) =>
    new DataSource({
      ...mysqlOptions(address, host),
      entities: [...entities],
      poolSize,
      driver: driverWith(novaSession()),
    });
}

/**
 * Makes a DataSource for the copy of Nova's rows in an SQLite file. The DataSource can only read.
 *
 * @throws Error if there is no file at the path
 */
export function copyFile(path: string, tables: Pick<Tables, 'entities'>): DataSource {
  // Otherwise TypeORM would create the folder of the file.
  if (!existsSync(path)) throw new Error('the file of DATABASE_URL does not exist');
  return new DataSource({
    ...copyOptions(tables),
    type: 'better-sqlite3',
    driver: embeddedDriver(),
    database: path,
    readonly: true,
    fileMustExist: true,
  });
}

/**
 * Returns a function that makes a DataSource for the copy of Nova's rows, on one host of the service's own database. The
 * DataSource can only read.
 */
export function copyOnHost(tables: Pick<Tables, 'entities'>): DataSourceOnHost {
  return (address, host) =>
    new DataSource({
      ...mysqlOptions(address, host),
      ...copyOptions(tables),
      // The ids of the copy have up to 53 bits, so JavaScript represents them exactly as numbers.
      bigNumberStrings: false,
      driver: driverWith(novaSession()),
    });
}

function mysqlOptions(address: MysqlAddress, host: MysqlHost): MysqlOptions {
  return {
    ...NO_AUTOMATIC_CHANGES,
    type: 'mysql',
    database: address.database,
    charset: 'utf8mb4',
    // Times in the tables are UTC. Without this option the driver would use the time zone of the machine.
    timezone: 'Z',
    // The driver returns times as texts. The service only formats and compares times, and making a Date for each would
    // be slow.
    dateStrings: true,
    connectTimeout: timeLimits().connect,
    poolSize: MAX_CONNECTIONS,
    // `trace` is off, because the driver needs more time to record a stack trace for each query than to run the query.
    extra: { ...connectionTo(address, host), queueLimit: MAX_WAITING_QUERIES, trace: false },
  };
}

/** The table of the own store that lists the migrations that have run. */
export const MIGRATIONS_TABLE = 'nova_action_log_migrations';

const NO_AUTOMATIC_CHANGES = { synchronize: false, migrationsRun: false, logging: false } as const;

/** The tables of the copy have the names and the columns of Nova's tables, with this prefix. */
function copyOptions({ entities }: Pick<Tables, 'entities'>) {
  return { ...NO_AUTOMATIC_CHANGES, entities: [...entities], entityPrefix: 'copied_' };
}

function ownStoreOptions({ entities, migrations }: Tables) {
  return {
    ...NO_AUTOMATIC_CHANGES,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: MIGRATIONS_TABLE,
  };
}

/**
 * The first statement of every database session. It prevents SQL injection, and permits queries on rows with invalid
 * dates.
 *
 * The driver writes values into the text of a statement, as UTF-8, and escapes quotes with backslashes. Two settings of
 * the server make this unsafe: with `skip-character-set-client-handshake` the server reads the text in another
 * character set, in which a backslash can be the second byte of a character; with `NO_BACKSLASH_ESCAPES` a backslash
 * escapes nothing. A caller could then inject SQL. This statement overrides both settings before the first value is
 * sent.
 *
 * `ALLOW_INVALID_DATES` permits queries on rows with invalid dates such as `2024-02-31`, which another client stored in
 * a lax SQL mode. In Nova's own SQL mode, TRADITIONAL, MySQL 8 rejects queries that compare such dates.
 * `STRICT_ALL_TABLES` rejects invalid values on writes.
 */
const SET_SESSION_MODE = "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES'";

/**
 * Limits the time, in seconds, in which a transaction that has changed rows sends no statement. A process may be
 * suspended in the middle of a transaction, for example with its virtual machine. MariaDB then closes the connection,
 * so that the locks of the transaction do not block other processes any longer. MySQL has no such limit. It executes
 * only the part outside of the comment, which changes nothing.
 */
const LIMIT_IDLE_TRANSACTIONS =
  'SET SESSION autocommit = 1 /*M!100300 , SESSION idle_write_transaction_timeout = 5 */';

/** Returns the first statements of each session that only reads. */
function readOnlySession(): readonly string[] {
  const time = timeLimits().statement;
  return [
    SET_SESSION_MODE,
    // The servers have different variables for the time limit: MariaDB's is in seconds, MySQL's in milliseconds. Each
    // server executes only the comment (`/*M!` or `/*!`) that contains its own variable.
    `SET SESSION autocommit = 1 /*M! , SESSION max_statement_time = ${time / 1_000} */ /*!50708 , SESSION max_execution_time = ${time} */`,
    'SET SESSION TRANSACTION READ ONLY',
  ];
}

/** Returns the statements with which every session on a database of Nova, or on the copy of Nova's rows, begins. */
function novaSession(): readonly string[] {
  return [
    ...readOnlySession(),
    // This statement must follow SET NAMES, which sets the collation to utf8mb4. Nova's columns are utf8mb3. If a query
    // compared them with a utf8mb4 text, MariaDB would return an error for characters that do not exist in utf8mb3.
    'SET SESSION collation_connection = utf8_general_ci',
  ];
}

/**
 * Returns a variant of the driver. The connection pools of this variant run the given statements on each new
 * connection, before the first query.
 */
function driverWith(session: readonly string[]): typeof mysql2 {
  const createPool = (options: PoolOptions): Pool => {
    const pool = mysql2.createPool(options);
    const ready = new WeakSet<PoolConnection>();
    const getConnection = pool.getConnection.bind(pool);
    pool.getConnection = (callback) => {
      getConnection((error, connection) => {
        if (error !== null || ready.has(connection)) {
          callback(error, connection);
          return;
        }
        const begun = Promise.all(session.map((statement) => connection.promise().query(statement)));
        begun.then(
          () => {
            ready.add(connection);
            callback(null, connection);
          },
          (failure: unknown) => {
            connection.destroy();
            callback(failure as NodeJS.ErrnoException, connection);
          },
        );
      });
    };
    return pool;
  };
  return { ...mysql2, createPool } as typeof mysql2;
}
