import type { DataSource, EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by.js';
import type { Database } from '../connection/database.js';
import { answerDeadline } from '../connection/time-limits.js';
import { withTableNames } from '../rows/lookup.js';
import type { CopiedCell } from './copied-cell.js';
import type { RowSource } from '../rows/rows.js';
import type { RawTime } from '../rows/time.js';

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

/** A cell of Nova, with its row in `cell_mappings`. */
export interface RecordedCell extends Cell {
  readonly uuid: string;
  readonly name: string | null;
  readonly created_at: RawTime | null;
  /**
   * The hosts, the port and the name of the cell's database, without the account. Two cells with the same location have
   * the same database. Undefined if the address of the database is invalid.
   */
  readonly location: string | undefined;
  /** The reason why the address of the database is invalid; undefined if it is valid. */
  readonly problem?: string | undefined;
}

/** A source of rows, and the deadline of all its queries. */
export interface RequestSource extends RowSource {
  readonly deadline: number;
}

/** The databases that contain servers: either the service's own database, or the databases of Nova's cells. */
export abstract class Cells {
  /** The SQL condition for servers that are not deleted. */
  protected readonly isUndeleted: string = 'server.deleted = 0';

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
   * Returns the copy of Nova's rows, which contains servers that Nova no longer has. Returns undefined if the service
   * uses no copy.
   */
  copy(): CopiedCell | undefined {
    return undefined;
  }

  /**
   * Returns the own store, if it has servers that Nova does not have: those that other services register when they
   * record actions over HTTP. Returns undefined if `find` finds these servers, too.
   */
  registered(): Database | undefined {
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
  async main(): Promise<RequestSource> {
    const deadline = answerDeadline();
    return rowSource(await this.mainDatabase(deadline), deadline);
  }

  /** Returns Nova's API database as a source of rows for one request. @see apiDatabase */
  api(): RequestSource {
    return rowSource(this.apiDatabase(), answerDeadline());
  }

  /**
   * Runs one transaction on tables of the own store: those that Nova has in its API database. To change a server, use
   * `ActionRecorder` instead.
   *
   * @throws Error beside Nova, where the service only reads
   * @throws the same errors as `Database.write`
   */
  writeApi<Result>(
    work: (manager: EntityManager) => Promise<Result>,
    options?: Parameters<Database['write']>[1],
  ): Promise<Result> {
    return this.apiDatabase().write(work, options);
  }

  /**
   * Returns the UUIDs of all given servers that are not deleted: first the servers without a cell, then the servers of
   * each cell, the newest server first.
   *
   * @param owner the columns and values that the servers in cells must have, such as a `project_id`
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if a cell does not respond
   */
  async undeleted(
    uuids: readonly string[],
    owner: Readonly<Record<string, string>>,
    deadline: number,
  ): Promise<readonly string[]> {
    const locations = await Promise.all(uuids.map((uuid) => this.find(uuid, deadline)));
    const withoutCell: string[] = [];
    const inCells: { readonly uuid: string; readonly database: Database }[] = [];
    for (const [index, location] of locations.entries()) {
      const { database } = location ?? {};
      const uuid = uuids[index] ?? '';
      if (database !== undefined) inCells.push({ uuid, database });
      else if (location !== undefined) withoutCell.push(uuid);
    }
    const columns = Object.keys(owner).map((column) => `server.${column} = :${column}`);
    const condition = [this.isUndeleted, ...columns].join(' AND ');
    const found = [...groupBy(inCells, ({ database }) => database)].map(([database, servers]) => {
      const ofCell = servers.map(({ uuid }) => uuid);
      return undeletedIn(database, ofCell, condition, owner, deadline);
    });
    return [...withoutCell, ...(await Promise.all(found)).flat()];
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

/** The maximum number of values in one query. SQLite limits this number. */
const MAX_VALUES = 10_000;

async function undeletedIn(
  database: Database,
  uuids: readonly string[],
  condition: string,
  parameters: object,
  deadline: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let start = 0; start < uuids.length; start += MAX_VALUES) {
    const rows = await database.read(deadline, (source) =>
      source
        .createQueryBuilder()
        .select('server.uuid', 'uuid')
        .from(withTableNames('{instances}', source), 'server')
        .where(condition, parameters)
        .andWhere('server.uuid IN (:...uuids)', { uuids: uuids.slice(start, start + MAX_VALUES) })
        .orderBy('server.created_at', 'DESC')
        .addOrderBy('server.id', 'DESC')
        .getRawMany<{ uuid: string }>(),
    );
    found.push(...rows.map(({ uuid }) => uuid));
  }
  return found;
}

/** Returns a source of rows for one request. All queries of the source have the same deadline. */
function rowSource(database: Database, deadline: number): RequestSource {
  return { deadline, rows: (query) => database.read(deadline, query) };
}
