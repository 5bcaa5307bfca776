import type { DataSource } from 'typeorm';
import { parseDatabaseUrl } from '../config/database-url.js';
import { errorText } from '../config/error-text.js';
import { SettingsError } from '../config/load-settings.js';
import type { Settings } from '../config/settings.js';
import { type Cell, Cells, type Whereabouts } from './cells.js';
import { mysqlConnection, ownStore, ownStoreOn } from './data-source.js';
import { DatabaseHost } from './database-host.js';
import { Database } from './database.js';
import { insertExample } from './example.js';

/** How long a replica waits for another one that is migrating, in seconds. */
const MIGRATION_LOCK_LIMIT = 60;

/** The service's own store, which holds every server that there is. */
export class OwnStore extends Cells {
  private constructor(private readonly database: Database) {
    super();
  }

  /**
   * Connects the own store and brings its tables up to date; a new embedded one gets the example.
   *
   * @throws SettingsError when the store cannot be opened, in one line for the operator
   */
  static async open({ DATABASE_URL: url }: Settings): Promise<OwnStore> {
    const sources = sourcesOf(url);
    try {
      await migrateFirst(sources.map(([source]) => source));
    } catch (error) {
      throw new SettingsError(
        `DATABASE_URL: the store cannot be opened: ${errorText(error)}; for example DATABASE_URL=sqlite://data/actions.sqlite`,
      );
    }
    return new OwnStore(
      new Database(
        'the store',
        sources.map(([, host]) => host),
      ),
    );
  }

  /** Without a question: there is one database only. */
  override find(): Promise<Whereabouts> {
    return Promise.resolve({ database: this.database });
  }

  override all(): Promise<readonly Cell[]> {
    return Promise.resolve([{ database: this.database, isCell0: false }]);
  }

  override close(): Promise<void> {
    return this.database.close();
  }
}

function sourcesOf(url: string): [DataSource, DatabaseHost][] {
  const address = parseDatabaseUrl(url);
  if (address.kind === 'sqlite') {
    const source = ownStore(url);
    return [[source, new DatabaseHost('the store', source, undefined)]];
  }
  return address.hosts.map((host) => {
    const source = ownStoreOn(address, host);
    const name = address.hosts.length === 1 ? 'the store' : `the store on ${host.host}:${host.port}`;
    return [source, new DatabaseHost(name, source, mysqlConnection(address, host))];
  });
}

/** Connects to the first that is there; the others are connected to when they are needed. */
async function migrateFirst(sources: readonly DataSource[]): Promise<void> {
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
      return;
    } catch (error) {
      await source.destroy();
      throw error;
    }
  }
  throw failure;
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
