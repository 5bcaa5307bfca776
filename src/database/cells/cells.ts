import type { DataSource } from 'typeorm';
import type { Database } from '../connection/database.js';
import { answerDeadline } from '../connection/time-limits.js';
import type { RowSource } from '../rows/rows.js';

/** Where a server is. */
export type ServerLocation =
  /** In this database, if the server exists: only the database can say. UUID and project are as Nova's API database spells them. */
  | { readonly database: Database; readonly uuid?: string; readonly projectId?: string }
  /** Nowhere yet: Nova has accepted the server and has not chosen a cell. Only its owner is known. */
  | { readonly database: undefined; readonly projectId: string };

/** A database that holds servers. */
export interface Cell {
  readonly database: Database;
  /** Whether it is cell0, whose servers never ran on a host. */
  readonly isCell0: boolean;
}

/** The databases that hold servers: the own store alone, or Nova's cells. */
export abstract class Cells {
  /**
   * Finds the database of a server; undefined where there is no such server.
   *
   * @param uuid as the caller wrote it; the database decides which UUID it equals
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when no database says so in time
   */
  abstract find(uuid: string, deadline: number): Promise<ServerLocation | undefined>;

  /**
   * A database to query for a server that is in none of them, so that such a request takes as many statements as one
   * for a server of another project; undefined where `find` always names a database, and where no database is up.
   */
  decoy(): Database | undefined {
    return undefined;
  }

  /**
   * All cells, in Nova's order.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when Nova's API database does not answer in time
   */
  abstract all(deadline: number): Promise<readonly Cell[]>;

  /**
   * The database of nova-api's own configuration, which Nova reads for objects that belong to no cell.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when Nova's API database does not answer in time
   */
  protected abstract mainDatabase(deadline: number): Promise<Database>;

  /** Nova's API database, which holds what all cells share, such as flavors, keypairs and server groups. */
  protected abstract apiDatabase(): Database;

  /** @see mainDatabase */
  async main(): Promise<RowSource> {
    const deadline = answerDeadline();
    return rowSource(await this.mainDatabase(deadline), deadline);
  }

  /** @see apiDatabase */
  api(): RowSource {
    return rowSource(this.apiDatabase(), answerDeadline());
  }

  /**
   * Reads rows from all cells at once.
   *
   * @param which selects cells; all of them if absent
   * @throws DatabaseUnavailable when one of them does not answer: the caller would take half a list for a whole one
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

/** All queries of one request have one deadline. */
function rowSource(database: Database, deadline: number): RowSource {
  return { rows: (query) => database.read(deadline, query) };
}
