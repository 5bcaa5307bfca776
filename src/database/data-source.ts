import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataSource, type DataSourceOptions, getMetadataArgsStorage } from 'typeorm';
import { type DatabaseAddress, parseDatabaseUrl } from '../config/database-url.js';
import { CreateOwnTables1700000000000 } from './migrations/1700000000000-create-own-tables.js';

/** How many connections there are at most, and how many questions may wait for one. */
const CONNECTIONS = 10;
const WAITING = 2_000;

/** How long a connection attempt may take, in milliseconds. */
const CONNECT_TIME_LIMIT = 1_500;

/**
 * The service's own store, as TypeORM takes it: every entity that a module of this deployment declares,
 * the migrations, and nothing that changes tables by itself.
 */
function ownStoreOptions(address: DatabaseAddress): DataSourceOptions {
  const common = {
    entities: getMetadataArgsStorage().tables.map((table) => table.target),
    migrations: [CreateOwnTables1700000000000],
    migrationsTableName: 'nova_action_log_migrations',
    synchronize: false,
    migrationsRun: false,
    logging: false,
  };
  if (address.kind === 'sqlite') {
    return {
      ...common,
      type: 'better-sqlite3',
      database: address.path,
      enableWAL: true,
    };
  }
  return {
    ...common,
    type: 'mysql',
    host: address.host,
    port: address.port,
    username: address.user,
    password: address.password,
    database: address.database,
    charset: 'utf8mb4',
    // Times in the tables are UTC; without this the driver would read them in the machine's own zone.
    timezone: 'Z',
    connectTimeout: CONNECT_TIME_LIMIT,
    poolSize: CONNECTIONS,
    extra: { queueLimit: WAITING },
  };
}

/** The DataSource of the service's own store, not yet connected. */
export function ownStore(databaseUrl: string): DataSource {
  const address = parseDatabaseUrl(databaseUrl);
  if (address.kind === 'sqlite') {
    mkdirSync(dirname(address.path), { recursive: true });
  }
  return new DataSource(ownStoreOptions(address));
}
