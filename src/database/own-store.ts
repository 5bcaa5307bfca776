import type { DataSource } from 'typeorm';
import { errorText } from '../config/error-text.js';
import { SettingsError } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { ownStore } from './data-source.js';
import { Database } from './database.js';
import { insertExample } from './example.js';

/** How long a replica waits for another one that is migrating, in seconds. */
const MIGRATION_LOCK_LIMIT = 60;

/**
 * Connects the own store and brings its tables up to date; a new embedded one gets the example.
 *
 * @throws SettingsError when the store cannot be opened, in one line for the operator
 */
export async function openOwnStore(settings: Settings): Promise<Database> {
  try {
    const source = await ownStore(settings.DATABASE_URL).initialize();
    try {
      await migrate(source);
    } catch (error) {
      await source.destroy();
      throw error;
    }
    return new Database(source);
  } catch (error) {
    throw new SettingsError(
      `DATABASE_URL: the store cannot be opened: ${errorText(error)}; for example DATABASE_URL=sqlite://data/actions.sqlite`,
    );
  }
}

async function migrate(source: DataSource): Promise<void> {
  if (source.options.type === 'better-sqlite3') {
    const executed = await source.runMigrations({ transaction: 'all' });
    if (executed.some((migration) => migration.name.startsWith('CreateOwnTables')))
      await insertExample(source);
    return;
  }
  // Replicas start at once: one migrates, the others wait. The lock belongs to this one connection.
  const runner = source.createQueryRunner();
  const lock = `${String(source.options.database)}.migrations`;
  try {
    const [row] = (await runner.query('SELECT GET_LOCK(?, ?) AS held', [lock, MIGRATION_LOCK_LIMIT])) as [
      { held: number | string | null },
    ];
    if (Number(row.held) !== 1) throw new Error('another process holds the migration lock');
    await source.runMigrations({ transaction: 'each' });
  } finally {
    // With the connection goes the lock, whatever becomes of this.
    await runner.query('SELECT RELEASE_LOCK(?)', [lock]).catch(() => undefined);
    await runner.release();
  }
}
