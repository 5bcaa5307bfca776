import type { DataSource } from 'typeorm';
import type { Database } from '../connection/database.js';
import { answerDeadline } from '../connection/time-limits.js';
import type { RowSource } from '../rows/rows.js';

/** The database in which the data of a server is. */
export type ServerLocation =
  /**
   * The server is in this database, if the server exists. `uuid` and `projectId` are the values in Nova's API database.
   */
  | { readonly database: Database; readonly uuid?: string; readonly projectId?: string }
  /** The server has no cell yet: Nova has accepted the request to create it, and is choosing a host. */
  | { readonly database: undefined; readonly projectId: string };

/** One of the databases that contain servers. */
export interface Cell {
  readonly database: Database;
  /** True for cell0, the cell of the servers to which Nova never assigned a host. */
  readonly isCell0: boolean;
}

/** The databases that contain servers: either the service's own database, or the databases of Nova's cells. */
export abstract class Cells {
  /**
   * Finds the database of a server. Returns undefined if the server does not exist.
   *
   * @param uuid the text from the URL, unchanged; the database compares it with the UUIDs of servers by its own
   * collation
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if no database responds in time
   */
  abstract find(uuid: string, deadline: number): Promise<ServerLocation | undefined>;

  /**
   * Returns a database to query when no database contains the requested server. The service sends it the same
   * statements as for a server of another project, so that a short response time does not reveal that the server does
   * not exist. Returns undefined if no database is up, or if `find` returns a database for every server id, so that no
   * other database is needed.
   */
  decoy(): Database | undefined {
    return undefined;
  }

  /**
   * Returns all cells, in the order in which Nova queries them.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if Nova's API database does not respond in time
   */
  abstract all(deadline: number): Promise<readonly Cell[]>;

  /**
   * Returns Nova's main database, which nova-api's configuration names in `[database] connection`. Nova stores objects
   * there that belong to no cell.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if Nova's API database does not respond in time
   */
  protected abstract mainDatabase(deadline: number): Promise<Database>;

  /** Returns Nova's API database. It contains the objects that all cells share, such as flavors and keypairs. */
  protected abstract apiDatabase(): Database;

  /** Returns Nova's main database as a source of rows for one request. @see mainDatabase */
  async main(): Promise<RowSource> {
    const deadline = answerDeadline();
    return rowSource(await this.mainDatabase(deadline), deadline);
  }

  /** Returns Nova's API database as a source of rows for one request. @see apiDatabase */
  api(): RowSource {
    return rowSource(this.apiDatabase(), answerDeadline());
  }

  /**
   * Reads rows from all cells in parallel.
   *
   * @param which a function that returns true for the cells to read; by default, all cells
   * @throws DatabaseUnavailable if a cell does not respond, because a client could not see that the rows of that cell
   *   are missing
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

/** Returns a source of rows for one request. All queries of the source have the same deadline. */
function rowSource(database: Database, deadline: number): RowSource {
  return { rows: (query) => database.read(deadline, query) };
}
