import type { Database } from '../connection/database.js';
import { type Cell, Cells, type ServerLocation } from './cells.js';

/** The own store in place of Nova's cells: it holds all servers. */
export class OwnCells extends Cells {
  /** @param database of the own store */
  constructor(private readonly database: Database) {
    super();
  }

  /** Without a query: there is one database only. */
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
