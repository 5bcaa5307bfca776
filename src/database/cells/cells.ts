import type { DataSource } from 'typeorm';
import type { Database } from '../connection/database.js';
import { answerDeadline } from '../connection/time-limits.js';
import type { RowSource } from '../rows/rows.js';

/** The location of a server. */
export type ServerLocation =
  /** The server is in this database, if it exists. `uuid` and `projectId` are as in Nova's API database. */
  | { readonly database: Database; readonly uuid?: string; readonly projectId?: string }
  /** The server has no cell yet: Nova has accepted the request to create it, and is choosing a host. */
  | { readonly database: undefined; readonly projectId: string };

/** A database that contains servers. */
export interface Cell {
  readonly database: Database;
  /** True for cell0, which contains the servers that never ran on a host. */
  readonly isCell0: boolean;
}

/** The databases that contain servers: only the own store, or Nova's cells. */
export abstract class Cells {
  /**
   * Finds the database of a server; returns undefined if the server does not exist.
   *
   * @param uuid unchanged from the URL; the database's collation decides which UUID it equals
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if no database responds in time
   */
  abstract find(uuid: string, deadline: number): Promise<ServerLocation | undefined>;

  /**
   * Returns a database to query for a server that does not exist. Such a request then takes as many statements as a
   * request for a server of another project, so that its duration does not reveal which servers exist. Returns undefined
   * if `find` always returns a database, or if no database is up.
   */
  decoy(): Database | undefined {
    return undefined;
  }

  /**
   * Returns all cells, in Nova's order.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if Nova's API database does not respond in time
   */
  abstract all(deadline: number): Promise<readonly Cell[]>;

  /**
   * Returns Nova's main database: the one in the configuration of nova-api, which Nova uses for objects without a cell.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if Nova's API database does not respond in time
   */
  protected abstract mainDatabase(deadline: number): Promise<Database>;

  /** Returns Nova's API database, which contains the objects that all cells share, such as flavors and keypairs. */
  protected abstract apiDatabase(): Database;

  /** Returns Nova's main database, for the queries of one request. @see mainDatabase */
  async main(): Promise<RowSource> {
    const deadline = answerDeadline();
    return rowSource(await this.mainDatabase(deadline), deadline);
  }

  /** Returns Nova's API database, for the queries of one request. @see apiDatabase */
  api(): RowSource {
    return rowSource(this.apiDatabase(), answerDeadline());
  }

  /**
   * Reads rows from all cells at once.
   *
   * @param which returns true for the cells to read; by default it selects all
   * @throws DatabaseUnavailable if a cell does not respond, because an incomplete list would look complete
   */
  async rows<Row>(
    deadline: number,
    query: (source: DataSource) => Promise<Row[]>,
    which: (cell: Cell) => boolean = () => true,
  ): Promise<Row[][]> {
    const cells = (await this.all(deadline)).filter(which);
    return Promise.all(cells.map(({ database }) => database.read(deadline, query)));
  }
}

/** Returns a source for one request: all its queries have the same deadline. */
function rowSource(database: Database, deadline: number): RowSource {
  return { rows: (query) => database.read(deadline, query) };
}
