import { Logger } from '@nestjs/common';
import { parseDatabaseUrl } from '../../config/database-url.js';
import type { Settings } from '../../config/settings.js';
import { type Cell, Cells, type StoreHealth, type Whereabouts } from '../cells/cells.js';
import { ownStore, ownStoreOn } from '../connection/data-source.js';
import { DatabaseHost } from '../connection/database-host.js';
import { Database } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import { migrateOwnStore, requireUpToDate } from './own-migrations.js';

/** The service's own store, which holds every server that there is. */
export class OwnStore extends Cells {
  private constructor(private readonly database: Database) {
    super();
  }

  /**
   * Connects the own store, and migrates it where `MIGRATE_ON_START` allows that. A new embedded store gets the
   * example, except with Keystone, which is no trial.
   *
   * @throws SettingsError when the store cannot be opened or is behind, in one line for the operator
   */
  static async open(settings: Settings): Promise<OwnStore> {
    const { DATABASE_URL: url, MIGRATE_ON_START: mayMigrate, OS_AUTH_URL: keystone } = settings;
    if (mayMigrate) tellOf(await migrateOwnStore(url, keystone === undefined));
    else await requireUpToDate(url);
    const address = parseDatabaseUrl(url);
    const database =
      address.kind === 'sqlite'
        ? new Database('the store', 'database', [
            new DatabaseHost('the store', () => ownStore(url), undefined),
          ])
        : mysqlDatabase('the store', 'database', address, ownStoreOn);
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

  override async health(): Promise<StoreHealth> {
    const isUp = await this.database.isAlive();
    return { databases: [{ name: 'database', isUp }], isUsable: isUp };
  }

  override databases(): readonly Database[] {
    return [this.database];
  }

  override close(): Promise<void> {
    return this.database.close();
  }
}

function tellOf(migrations: readonly string[]): void {
  if (migrations.length > 0)
    new Logger(OwnStore.name).log(`the store was migrated: ${migrations.join(', ')}`);
}
