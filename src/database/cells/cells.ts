import type { DataSource } from 'typeorm';
import type { Database } from '../connection/database.js';
import { answerDeadline } from '../connection/time-limits.js';

/** Where a server is. */
export type ServerLocation =
  /** In a database, if it is anywhere: only that can tell. Its UUID and project are as Nova's API database has them. */
  | { readonly database: Database; readonly uuid?: string; readonly projectId?: string }
  /** Nowhere yet: Nova has accepted it and has not chosen a cell. Of such a server there is only an owner. */
  | { readonly database: undefined; readonly projectId: string };

/** A database that holds servers. */
export interface Cell {
  readonly database: Database;
  /** Whether it holds those that never came to a host, and nothing that happens on one. */
  readonly isCell0: boolean;
}

/** One of Nova's databases that is no server's, for the time of one request. */
export interface CommonDatabase {
  /** @throws DatabaseUnavailable when it does not answer in time */
  rows<Row>(question: (source: DataSource) => Promise<Row[]>): Promise<Row[]>;
}

/** The databases that hold servers: the own store alone, or Nova's cells. */
export abstract class Cells {
  /**
   * Where a server is, or undefined where there is no such server.
   *
   * @param uuid as the caller wrote it; the database decides what it is equal to
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when that cannot be told in time
   */
  abstract find(uuid: string, deadline: number): Promise<ServerLocation | undefined>;

  /**
   * A database to ask about a server that is in none of them, so that this takes as many statements as for a server of
   * another project; undefined where `find` always names a database, and where none is known to be up.
   */
  decoy(): Database | undefined {
    return undefined;
  }

  /**
   * All cells, in Nova's order.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when that cannot be told in time
   */
  abstract all(deadline: number): Promise<readonly Cell[]>;

  /**
   * The database that nova-api itself is configured with, where Nova looks for what it looks for in no cell.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when that cannot be told in time
   */
  protected abstract mainDatabase(deadline: number): Promise<Database>;

  /** Nova's API database: of what there is once for all cells, such as flavors, keypairs and server groups. */
  protected abstract apiDatabase(): Database;

  /** @see mainDatabase; what one request asks of it has one deadline */
  async main(): Promise<CommonDatabase> {
    const deadline = answerDeadline();
    return asked(await this.mainDatabase(deadline), deadline);
  }

  /** @see apiDatabase; what one request asks of it has one deadline */
  api(): CommonDatabase {
    return asked(this.apiDatabase(), answerDeadline());
  }

  /**
   * Asks all cells at once for rows.
   *
   * @param which all of them if absent
   * @throws DatabaseUnavailable when one of them gives no answer: half a list would be taken for a whole one
   */
  async rows<Row>(
    deadline: number,
    question: (source: DataSource) => Promise<Row[]>,
    which: (cell: Cell) => boolean = () => true,
  ): Promise<Row[][]> {
    const cells = (await this.all(deadline)).filter(which);
    return Promise.all(cells.map(({ database }) => database.read(deadline, question)));
  }
}

function asked(database: Database, deadline: number): CommonDatabase {
  return { rows: (question) => database.read(deadline, question) };
}
