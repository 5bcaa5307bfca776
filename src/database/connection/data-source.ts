import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import mysql2, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import type { MysqlAddress, MysqlHost } from '../../config/addresses/mysql-address.js';
import { embeddedDriver } from './embedded-driver.js';
import { connectionTo } from './mysql-connection.js';
import type { Tables } from '../tables/module-with-tables.js';
import { timeLimits } from './time-limits.js';

/** How many connections a pool has at most, to read and to write, and how many queries may wait for one. */
const MAX_CONNECTIONS = 10;
const MAX_WRITING_CONNECTIONS = 4;
const MAX_WAITING_QUERIES = 2_000;

/** Makes the DataSource of one host of a database, not yet connected. */
export type DataSourceOnHost = (address: MysqlAddress, host: MysqlHost) => DataSource;

type MysqlOptions = Extract<DataSourceOptions, { type: 'mysql' | 'mariadb' }>;

/**
 * Makes a DataSource for the service's own store, on the first of its hosts. It is not yet connected.
 *
 * @param busyTimeout for how long a file may block this process while another process writes to it, in milliseconds
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

/** Makes DataSources for the own store on one of its hosts. They are not yet connected. */
export function ownStoreOnHost(tables: Tables, poolSize = MAX_CONNECTIONS): DataSourceOnHost {
  return (address, host) =>
    new DataSource({
      ...mysqlOptions(address, host),
      ...ownStoreOptions(tables),
      poolSize,
      driver: driverWith([SET_SESSION_MODE]),
    });
}

/** Makes DataSources for transactions on the own store, on one of its hosts. They are not yet connected. */
export function writableOwnStoreOnHost(tables: Tables): DataSourceOnHost {
  return ownStoreOnHost(tables, MAX_WRITING_CONNECTIONS);
}

/**
 * Makes DataSources for a database of Nova on one of its hosts. They are not yet connected. They can only read: every
 * transaction is read-only, so the database itself refuses changes.
 */
export function novaDatabaseOnHost({ entities }: Pick<Tables, 'entities'>): DataSourceOnHost {
  return (address, host) =>
    new DataSource({
      ...mysqlOptions(address, host),
      entities: [...entities],
      driver: driverWith(novaSession()),
    });
}

function mysqlOptions(address: MysqlAddress, host: MysqlHost): MysqlOptions {
  return {
    ...NO_AUTOMATIC_CHANGES,
    type: 'mysql',
    database: address.database,
    charset: 'utf8mb4',
    // Times in the tables are UTC; without this the driver would read them in the machine's own zone.
    timezone: 'Z',
    // Times stay texts: the service only shows and compares them, and a Date for each takes long.
    dateStrings: true,
    connectTimeout: timeLimits().connect,
    poolSize: MAX_CONNECTIONS,
    // A stack trace prepared for each query costs more than the query.
    extra: { ...connectionTo(address, host), queueLimit: MAX_WAITING_QUERIES, trace: false },
  };
}

const NO_AUTOMATIC_CHANGES = { synchronize: false, migrationsRun: false, logging: false } as const;

function ownStoreOptions({ entities, migrations }: Tables) {
  return {
    ...NO_AUTOMATIC_CHANGES,
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: 'nova_action_log_migrations',
  };
}

/**
 * The driver writes values into the text of a statement, as UTF-8, and escapes quotes with backslashes. A server may be
 * set to read this text in another character set (`skip-character-set-client-handshake`), in which a backslash can be
 * the second half of a character, or to take backslashes literally (`NO_BACKSLASH_ESCAPES`): then a caller could write
 * SQL. One statement sets both, before the first value is sent.
 *
 * The mode is strict with what is written. It compares times that the calendar does not have, and that lax modes store:
 * MySQL 8 refuses that in Nova's mode, which is TRADITIONAL.
 */
const SET_SESSION_MODE = "SET NAMES utf8mb4, SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES'";

/** The statements that begin a session on a database of Nova. */
function novaSession(): readonly string[] {
  const time = timeLimits().statement;
  return [
    SET_SESSION_MODE,
    // In seconds for MariaDB, in milliseconds for MySQL, and each skips the other's: no caller waits longer for an answer.
    `SET SESSION autocommit = 1 /*M! , SESSION max_statement_time = ${time / 1_000} */ /*!50708 , SESSION max_execution_time = ${time} */`,
    'SET SESSION TRANSACTION READ ONLY',
    // After SET NAMES, which sets it too. As Nova's columns have it: MariaDB refuses to compare them with characters that
    // they cannot hold. Results keep the character set of SET NAMES.
    'SET SESSION collation_connection = utf8_general_ci',
  ];
}

/** The driver, whose pools hand out no connection before these statements have succeeded on it. */
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
