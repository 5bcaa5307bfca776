import { setTimeout as sleep } from 'node:timers/promises';
import { type DataSource, type EntityManager, type Migration, MigrationExecutor } from 'typeorm';
import { errorText } from '../../common/error-text.js';
import { parseDatabaseUrl } from '../../config/database-url.js';
import { SettingsError } from '../../config/settings-error.js';
import { ownStore, ownStoreOn } from '../connection/data-source.js';
import { Lease, onSource } from './lease.js';
import type { Tables } from '../tables/module-with-tables.js';

/** How long a replica waits for another one that is migrating, in milliseconds, and how often it looks. */
const WAITS_FOR = 60_000;
const LOOKS_EVERY = 200;

/**
 * Brings the tables of the own store up to date. Any number of processes may try at once: one does it, the others wait.
 * Nothing is written where nothing is to be done.
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
 * @returns false where a table has a row already: nothing is inserted then
 * @throws SettingsError when the store cannot be opened or written, in one line for the operator
 */
export function fillWithExample(databaseUrl: string, tables: Tables): Promise<boolean> {
  return onOwnStore(databaseUrl, tables, (source) =>
    // Of two processes that find the store empty at the same time, the database lets one commit.
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

/** By the first of several ways to it that can be gone. */
async function openOwnStore(databaseUrl: string, tables: Tables): Promise<DataSource> {
  const address = parseDatabaseUrl(databaseUrl);
  let failure: unknown;
  const ways =
    address.kind === 'sqlite'
      ? [() => ownStore(databaseUrl, tables)]
      : address.hosts.map((host) => () => ownStoreOn(tables)(address, host));
  for (const way of ways) {
    try {
      return await way().initialize();
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

/** All or nothing, and nobody else at the same time: that is SQLite's own to see to. */
async function migrateFile(source: DataSource, examplesOf: Tables | undefined): Promise<string[]> {
  if ((await pendingOn(source)).length === 0) return [];
  await source.query('BEGIN IMMEDIATE');
  try {
    const done = await execute(source, await pendingOn(source));
    const isNew = done.length === source.migrations.length;
    if (isNew && examplesOf !== undefined) await insertExamples(source.manager, examplesOf);
    await source.query('COMMIT');
    return done;
  } catch (error) {
    // SQLite may have done so already, as when the disk is full.
    await source.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** Not in a transaction, which MySQL would end with each statement: what was begun is finished by whoever comes next. */
async function migrateServer(source: DataSource): Promise<string[]> {
  const lease = new Lease('migration', onSource(source));
  const until = Date.now() + WAITS_FOR;
  while ((await pendingOn(source)).length > 0) {
    await Lease.prepare(source);
    if (await lease.take()) {
      try {
        return await execute(source, await pendingOn(source), () => lease.confirm());
      } finally {
        // Where this fails, others wait until the lease ends.
        await lease.release().catch(() => undefined);
      }
    }
    if (Date.now() > until) throw new Error('another process has been migrating it for a minute');
    await sleep(LOOKS_EVERY);
  }
  return [];
}

/** One after the other. @param before each of them: where it throws, none is done any more */
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
