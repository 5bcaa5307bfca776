import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type EntityManager, type Migration, MigrationExecutor } from 'typeorm';
import { isSqlite } from '../rows/is-sqlite.js';
import { errorText } from '../../common/error-text.js';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import { SettingsError } from '../../config/settings-error.js';
import { MIGRATIONS_TABLE } from '../connection/data-source.js';
import { Lease, onSource } from './lease.js';
import { hasTable, openOwnStore } from './open-own-store.js';
import type { Tables } from '../tables/module-with-tables.js';

/** The maximum time that a process waits while another process migrates the database, in milliseconds. */
const MIGRATION_TIMEOUT = 60_000;
/** The time between two checks whether the other process has finished, in milliseconds. */
const POLL_INTERVAL = 200;

/**
 * Migrates the tables of the service's own database (the store) to this release. Many processes may call this function
 * at the same time: one of them migrates, and the others wait. If the tables are up to date, the function writes
 * nothing.
 *
 * @param withExample true to insert the example rows of all modules if the store is a new SQLite file
 * @returns the names of the migrations that this process has run
 * @throws SettingsError if the store cannot be opened or migrated; its message is one line for the operator
 */
export function migrateOwnStore(
  databaseUrl: string,
  tables: Tables,
  withExample = false,
): Promise<readonly string[]> {
  return onOwnStore(databaseUrl, tables, (source) =>
    isSqlite(source) ? migrateFile(source, withExample ? tables : undefined) : migrateServer(source),
  );
}

/**
 * Inserts the example rows of all modules into the service's own database (the store), in one transaction. The tables
 * must be up to date.
 *
 * @returns false, without inserting rows, if any table already has a row
 * @throws SettingsError if the store cannot be opened or written; its message is one line for the operator
 */
export function fillWithExample(databaseUrl: string, tables: Tables): Promise<boolean> {
  return onOwnStore(databaseUrl, tables, (source) =>
    // If two processes find the store empty at the same time, SERIALIZABLE lets only one of them commit.
    source.transaction('SERIALIZABLE', async (manager) => {
      for (const { target } of source.entityMetadatas) if (await manager.exists(target)) return false;
      await insertExamples(manager, tables);
      return true;
    }),
  );
}

/**
 * Checks that all migrations have run on the service's own database.
 *
 * @throws SettingsError if a migration is missing, or if the database cannot be opened
 */
export async function requireUpToDate(databaseUrl: string, tables: Tables): Promise<void> {
  const missing = await onOwnStore(databaseUrl, tables, pendingOn);
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new SettingsError(
    `DATABASE_URL: the store lacks the migrations ${names}; run "node dist/migrate.js", or set MIGRATE_ON_START=true`,
  );
}

/**
 * Calls `inspect` with the service's own database, before the program migrates it. Writes nothing: if the store is a
 * SQLite file that does not exist, the function does not create it.
 *
 * @throws SettingsError if the store cannot be opened, or if a newer release has migrated it; the errors of `inspect`
 */
export async function inspectOwnStore(
  databaseUrl: string,
  tables: Tables,
  inspect?: (source: DataSource) => Promise<void>,
): Promise<void> {
  const address = parseDatabaseUrl(databaseUrl);
  if (address.kind === 'sqlite' && !existsSync(address.path)) return;
  const source = await openOwnStore(databaseUrl, tables);
  try {
    const unknown = await unknownMigrations(source);
    if (unknown.length > 0)
      throw new SettingsError(
        `DATABASE_URL: the store is newer than this program: ${unknown.join(', ')}; use the newer release`,
      );
    await inspect?.(source);
  } finally {
    await source.destroy();
  }
}

/** Returns the names of the migrations that the store has and that this release does not know. */
async function unknownMigrations(source: DataSource): Promise<string[]> {
  if (!(await hasTable(source, MIGRATIONS_TABLE))) return [];
  const done = await source.query<{ name: string }[]>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
  const known = new Set(source.migrations.map(({ name }) => name));
  return done.map(({ name }) => name).filter((name) => !known.has(name));
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
      ? '; run "npm run migrate" with a database account that may create tables, and set MIGRATE_ON_START=false'
      : '';
    throw new SettingsError(`DATABASE_URL: the store cannot be updated: ${text}${advice}`);
  } finally {
    await source.destroy();
  }
}

async function insertExamples(manager: EntityManager, { examples }: Tables): Promise<void> {
  for (const insert of examples) await insert(manager);
}

function pendingOn(source: DataSource): Promise<Migration[]> {
  return new MigrationExecutor(source).getPendingMigrations();
}

/** Migrates an SQLite file in one transaction. Other processes cannot write to the file meanwhile. */
async function migrateFile(source: DataSource, examplesOf: Tables | undefined): Promise<string[]> {
  if ((await pendingOn(source)).length === 0) return [];
  await source.query('BEGIN IMMEDIATE');
  try {
    // The migration itself needs no lease here, but modules may use leases. So the table of leases must exist.
    await Lease.prepare(source);
    const done = await execute(source, await pendingOn(source));
    const isNew = done.length === source.migrations.length;
    if (isNew && examplesOf !== undefined) await insertExamples(source.manager, examplesOf);
    await source.query('COMMIT');
    return done;
  } catch (error) {
    // An error of this statement is ignored: SQLite may already have rolled back, for example if the disk is full.
    await source.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/**
 * Migrates a database on MySQL or MariaDB. Meanwhile this process holds a lease, so that no other process migrates the
 * database. The migrations do not run in a transaction, because MySQL commits a transaction at each DDL statement.
 */
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
        // An error is ignored: if the release fails, other processes wait until the lease expires.
        await held.release().catch(() => undefined);
      }
    }
    if (Date.now() > until) throw new Error('another process has held the migration lease for a minute');
    await sleep(POLL_INTERVAL);
  }
  return [];
}

/**
 * Runs the migrations in order.
 *
 * @param before a function that is called before each migration; if it throws, no further migration runs
 */
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
