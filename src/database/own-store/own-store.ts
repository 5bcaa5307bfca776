import { Logger } from '@nestjs/common';
import { parseDatabaseUrl } from '../../config/addresses/database-url.js';
import { ownStoreUrl } from '../../config/own-store-url.js';
import type { Settings } from '../../config/settings.js';
import { ownStore, ownStoreOnHost, writableOwnStoreOnHost } from '../connection/data-source.js';
import { DatabaseHost } from '../connection/database-host.js';
import type { DatabaseGroup, DatabaseHealth } from '../connection/database-states.js';
import { Database } from '../connection/database.js';
import { mysqlDatabase } from '../connection/mysql-database.js';
import type { Tables } from '../tables/module-with-tables.js';
import { migrateOwnStore, requireUpToDate } from './own-migrations.js';

type OwnStoreSettings = Pick<
  Settings,
  'DATABASE_URL' | 'MIGRATE_ON_START' | 'OS_AUTH_URL' | 'NOVA_API_DATABASE_URL'
>;

/** The service's own database (the own store), which the service reads and writes. */
export class OwnStore implements DatabaseGroup {
  private constructor(readonly database: Database) {}

  /**
   * Opens the service's own database, and migrates its tables if `MIGRATE_ON_START` is true. If the service uses
   * neither Keystone nor Nova's databases, it is a trial: a new SQLite file then gets the example rows.
   *
   * @throws SettingsError with a one-line message if the database cannot be opened, or if its tables are too old
   */
  static async open(settings: OwnStoreSettings, tables: Tables): Promise<OwnStore> {
    const { MIGRATE_ON_START: mayMigrate, OS_AUTH_URL: keystone, NOVA_API_DATABASE_URL: nova } = settings;
    const url = ownStoreUrl(settings);
    const isTrial = (keystone ?? nova) === undefined;
    if (mayMigrate) logMigrations(await migrateOwnStore(url, tables, isTrial));
    else await requireUpToDate(url, tables);
    return new OwnStore(databaseAt(url, tables));
  }

  async health(): Promise<DatabaseHealth> {
    const isUp = await this.database.responds();
    return { databases: [{ name: this.database.id, isUp }], isUsable: isUp };
  }

  databases(): readonly Database[] {
    return [this.database];
  }

  close(): Promise<void> {
    return this.database.close();
  }
}

function databaseAt(url: string, tables: Tables): Database {
  const [name, id] = ['the store', 'database'];
  const address = parseDatabaseUrl(url);
  if (address.kind === 'mysql')
    return mysqlDatabase(name, id, address, ownStoreOnHost(tables), writableOwnStoreOnHost(tables));
  // With the timeout 0, a transaction fails immediately while another process writes to the file. The service then runs
  // the transaction again later, and SQLite never blocks this process.
  const access = { open: () => ownStore(url, tables), openToWrite: () => ownStore(url, tables, 0) };
  return new Database(name, id, [new DatabaseHost(name, access)]);
}

function logMigrations(migrations: readonly string[]): void {
  if (migrations.length > 0)
    new Logger(OwnStore.name).log(`the store was migrated: ${migrations.join(', ')}`);
}
