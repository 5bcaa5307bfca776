import type { DataSource } from 'typeorm';
import { parseDatabaseUrl } from '../config/database-url.js';
import { errorText } from '../common/error-text.js';
import { SettingsError } from '../config/settings-error.js';
import type { Settings } from '../config/settings.js';
import { type Cell, Cells, type Whereabouts } from './cells.js';
import { ownStore, ownStoreOn } from './data-source.js';
import { DatabaseHost } from './database-host.js';
import { Database } from './database.js';
import { mysqlDatabase } from './mysql-database.js';
import { ownExamples } from './own-tables.js';

/** How long a replica waits for another one that is migrating, in seconds. */
const MIGRATION_LOCK_LIMIT = 60;

/** The service's own store, which holds every server that there is. */
export class OwnStore extends Cells {
  private constructor(private readonly database: Database) {
    super();
  }

  /**
   * Connects the own store and brings its tables up to date; a new embedded one gets the examples.
   *
   * @throws SettingsError when the store cannot be opened, in one line for the operator
   */
  static async open({ DATABASE_URL: url }: Settings): Promise<OwnStore> {
    const address = parseDatabaseUrl(url);
    try {
      await migrateOneOf(
        address.kind === 'sqlite' ? [ownStore(url)] : address.hosts.map((host) => ownStoreOn(address, host)),
      );
    } catch (error) {
      throw new SettingsError(
        `DATABASE_URL: the store cannot be opened: ${errorText(error)}; for example DATABASE_URL=sqlite://data/actions.sqlite`,
      );
    }
    const database =
      address.kind === 'sqlite'
        ? new Database('the store', [new DatabaseHost('the store', () => ownStore(url), undefined)])
        : mysqlDatabase('the store', address, ownStoreOn);
    return new OwnStore(database);
  }

  /** Without a question: there is one database only. */
  override find(): Promise<Whereabouts> {
    return Promise.resolve({ database: this.database });
  }

  override all(): Promise<readonly Cell[]> {
    return Promise.resolve([{ database: this.database, isCell0: false }]);
  }

  protected override mainDatabase(): Promise<Database> {
    return Promise.resolve(this.database);
  }

  protected override apiDatabase(): Database {
    return this.database;
  }

  override close(): Promise<void> {
    return this.database.close();
  }
}

/** Brings the tables up to date by the first of several ways to them that can be gone. */
async function migrateOneOf(sources: readonly DataSource[]): Promise<void> {
  let failure: unknown;
  for (const source of sources) {
    try {
      await source.initialize();
    } catch (error) {
      failure = error;
      continue;
    }
    try {
      await migrate(source);
    } finally {
      await source.destroy();
    }
    return;
  }
  throw failure;
}

async function migrate(source: DataSource): Promise<void> {
  if (source.options.type === 'better-sqlite3') {
    const executed = await source.runMigrations({ transaction: 'all' });
    const isNew = executed.length === source.migrations.length;
    for (const insert of isNew ? ownExamples() : []) await insert(source);
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
