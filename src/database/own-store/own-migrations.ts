import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type EntityManager, type Migration, MigrationExecutor } from 'typeorm';
import { errorText } from '../../common/error-text.js';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import { SettingsError } from '../../config/settings-error.js';
import { ownStore, ownStoreOnHost } from '../connection/data-source.js';
import { Lease, onSource } from './lease.js';
import type { Tables } from '../tables/module-with-tables.js';

/** How long a process waits for another one that migrates the store, and how often it looks, in milliseconds. */
const MIGRATION_TIMEOUT = 60_000;
const POLL_INTERVAL = 200;

/**
 * Brings the tables of the own store up to date. Many processes may call this at once: one migrates, the others wait.
 * It writes nothing where the tables are up to date.
 *
 * @param withExample whether a new embedded store gets the example rows of all modules
 * @returns the names of the migrations that this process has done
 * @throws SettingsError when the store cannot be opened or migrated, in one line for the operator
 */
export function migrateOwnStore(
  databaseUrl: string,
  tables: Tables,
  withExample = false,
): Promise<readonly string[]> {
  return onOwnStore(databaseUrl, tables, (source) =>
    source.options.type === 'better-sqlite3'
      ? migrateFile(source, withExample ? tables : undefined)
      : migrateServer(source),
  );
}

/**
 * Inserts the example rows of all modules, all or none, into an own store that is up to date and has no row.
 *
 * @returns false where a table already has a row: then nothing is inserted
 * @throws SettingsError when the store cannot be opened or written, in one line for the operator
 */
export function fillWithExample(databaseUrl: string, tables: Tables): Promise<boolean> {
  return onOwnStore(databaseUrl, tables, (source) =>
    // Where two processes find the store empty at the same time, the database lets one of them commit.
    source.transaction('SERIALIZABLE', async (manager) => {
      for (const { target } of source.entityMetadatas) if (await manager.exists(target)) return false;
      await insertExamples(manager, tables);
      return true;
    }),
  );
}

/** @throws SettingsError when the tables are older than this release, or the store cannot be opened */
export async function requireUpToDate(databaseUrl: string, tables: Tables): Promise<void> {
  const missing = await onOwnStore(databaseUrl, tables, pendingOn);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new SettingsError(
    `DATABASE_URL: the store lacks ${names}; run "node dist/migrate.js", or set MIGRATE_ON_START=true`,
  );
}

async function onOwnStore<Result>(
  databaseUrl: string,
  tables: Tables,
  work: (source: DataSource) => Promise<Result>,
): Promise<Result> {
  const source = await openOwnStore(databaseUrl, tables);
  try {
    return await work(source);
  } catch (error) {
    const text = errorText(error);
    const advice = /command denied/i.test(text)
      ? '; let `npm run migrate` make the tables as a user who may, and set MIGRATE_ON_START=false'
      : '';
    throw new SettingsError(`DATABASE_URL: the store cannot be brought up to date: ${text}${advice}`);
  } finally {
    await source.destroy();
  }
}

/** Connects to the first host that responds. */
async function openOwnStore(databaseUrl: string, tables: Tables): Promise<DataSource> {
  const address = parseDatabaseUrl(databaseUrl);
  let failure: unknown;
  const openings =
    address.kind === 'sqlite'
      ? [() => ownStore(databaseUrl, tables)]
      : address.hosts.map((host) => () => ownStoreOnHost(tables)(address, host));
  for (const open of openings) {
    try {
      return await open().initialize();
    } catch (error) {
      failure = error;
    }
  }
  if (failure instanceof SettingsError) throw failure;
  throw new SettingsError(`DATABASE_URL: the store cannot be opened: ${errorText(failure)}`);
}

async function insertExamples(manager: EntityManager, { examples }: Tables): Promise<void> {
  for (const insert of examples) await insert(manager);
}

function pendingOn(source: DataSource): Promise<Migration[]> {
  return new MigrationExecutor(source).getPendingMigrations();
}

/** In one transaction of SQLite, which excludes other processes. */
async function migrateFile(source: DataSource, examplesOf: Tables | undefined): Promise<string[]> {
  if ((await pendingOn(source)).length === 0) return [];
  await source.query('BEGIN IMMEDIATE');
  try {
    // Not for the migration: as on a server, a store that was migrated has the table of leases.
    await Lease.prepare(source);
    const done = await execute(source, await pendingOn(source));
    const isNew = done.length === source.migrations.length;
    if (isNew && examplesOf !== undefined) await insertExamples(source.manager, examplesOf);
    await source.query('COMMIT');
    return done;
  } catch (error) {
    // SQLite may have rolled back already, as when the disk is full.
    await source.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Without a transaction, which MySQL would end with each DDL statement: the next process finishes a broken migration. */
async function migrateServer(source: DataSource): Promise<string[]> {
  const lease = new Lease('migration', onSource(source));
  const until = Date.now() + MIGRATION_TIMEOUT;
  while ((await pendingOn(source)).length > 0) {
    await Lease.prepare(source);
    const held = await lease.acquire();
    if (held !== undefined) {
      try {
        return await execute(source, await pendingOn(source), () => held.confirm());
      } finally {
        // Where this fails, other processes wait until the lease expires.
        await held.release().catch(() => undefined);
      }
    }
    if (Date.now() > until) throw new Error('another process has been migrating it for a minute');
    await sleep(POLL_INTERVAL);
  }
  return [];
}

/** Runs the migrations one after the other. @param before runs before each; if it throws, no further one runs */
async function execute(
  source: DataSource,
  migrations: readonly Migration[],
  before = (): Promise<void> => Promise.resolve(),
): Promise<string[]> {
  const runner = source.createQueryRunner();
  const executor = new MigrationExecutor(source, runner);
  try {
    for (const migration of migrations) {
      await before();
      await executor.executeMigration(migration);
    }
    return migrations.map(({ name }) => name);
  } finally {
    await runner.release();
  }
}
