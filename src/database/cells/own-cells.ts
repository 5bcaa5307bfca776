import type { Database } from '../connection/database.js';
import { type Cell, Cells, type ServerLocation } from './cells.js';

/** The service's own database in the role of Nova's cells. It contains all servers. */
export class OwnCells extends Cells {
  /** @param database the service's own database */
  constructor(private readonly database: Database) {
    super();
  }

  /** Returns the service's own database, without a query. */
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
}
