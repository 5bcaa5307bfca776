import type { Database } from '../connection/database.js';
import { type Cell, Cells, type ServerLocation } from './cells.js';

/** The own store in the role of Nova's cells: it contains all servers. */
export class OwnCells extends Cells {
  /** @param database of the own store */
  constructor(private readonly database: Database) {
    super();
  }

  /** Sends no query, because there is only one database. */
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
