import type { DataSource } from 'typeorm';
import { errorText } from '../../common/error-text.js';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import { SettingsError } from '../../config/settings-error.js';
import { MIGRATIONS_TABLE, ownStore, ownStoreOnHost } from '../connection/data-source.js';
import type { Tables } from '../tables/module-with-tables.js';

/** Two tables that Nova creates and this service does not: one in the API database, and one in the database of a cell. */
const TABLES_OF_NOVA = ['cell_mappings', 'shadow_instances'] as const;

/**
 * Connects to the service's own database (the store): to the first host that accepts a connection.
 *
 * @throws SettingsError if the store cannot be opened, or if it is a database of Nova; its message is one line
 */
export async function openOwnStore(databaseUrl: string, tables: Tables): Promise<DataSource> {
  const source = await connectToStore(databaseUrl, tables);
  try {
    await rejectDatabaseOfNova(source);
    return source;
  } catch (error) {
    await source.destroy();
    if (error instanceof SettingsError) throw error;
    throw new SettingsError(`DATABASE_URL: the store cannot be opened: ${errorText(error)}`);
  }
}

async function connectToStore(databaseUrl: string, tables: Tables): Promise<DataSource> {
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

/**
 * Checks that the service has used the database before, or that it is not a database of Nova. The migrations would change
 * Nova's tables, because the store has tables with the same names.
 *
 * @throws SettingsError if it is a database of Nova
 */
async function rejectDatabaseOfNova(source: DataSource): Promise<void> {
  if (await hasTable(source, MIGRATIONS_TABLE)) return;
  for (const table of TABLES_OF_NOVA) {
    if (await hasTable(source, table))
      throw new SettingsError(
        `DATABASE_URL: this is a database of Nova, because it has the table ${table}; create a separate database for the store`,
      );
  }
}

/** Returns true if the database has a table. */
export async function hasTable(source: DataSource, table: string): Promise<boolean> {
  const runner = source.createQueryRunner();
  try {
    return await runner.hasTable(table);
  } finally {
    await runner.release();
  }
}
