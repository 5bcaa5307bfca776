import type { Database } from '../connection/database.js';
import type { OwnStore } from '../own-store/own-store.js';
import type { DatabaseHealth, DatabaseStates } from '../connection/database-states.js';
import { type Cell, Cells, type ServerLocation } from './cells.js';

/** The own store in place of Nova's cells: it holds every server that there is. */
export class OwnCells extends Cells implements DatabaseStates {
  private readonly database: Database;

  constructor(store: OwnStore) {
    super();
    this.database = store.database;
  }

  /** Without a question: there is one database only. */
  override find(): Promise<ServerLocation> {
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

  async health(): Promise<DatabaseHealth> {
    const isUp = await this.database.responds();
    return { databases: [{ name: 'database', isUp }], isUsable: isUp };
  }

  databases(): readonly Database[] {
    return [this.database];
  }

  close(): Promise<void> {
    return this.database.close();
  }
}
