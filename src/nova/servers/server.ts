import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../../database/connection/database.js';
import type { CopiedState } from '../../database/cells/copied-cell.js';
import type { JoinedLookup, Key, Lookup } from '../../database/rows/lookup.js';
import type { Fallback, RowQuery } from './fallback.js';

/** Rows to read in the same query as a server. The full key is the server's UUID, followed by `key`. */
export interface Prefetch {
  readonly lookup: JoinedLookup;
  readonly key: Key;
}

/** The rows that were read in the same query as a server, with their lookup and key. */
export interface PrefetchedRows extends Prefetch {
  readonly rows: readonly object[];
}

/** The ids of a server and of its owner. */
interface ServerIds {
  readonly uuid: string;
  /** The id in the URL. Its letters may be upper case where those of the UUID are lower case. */
  readonly urlId: string;
  readonly projectId: string | null;
  /** The user who owns the server. Null if unknown, for example while Nova builds the server. */
  readonly userId: string | null;
}

/** The request for which the service has looked up a server. */
export interface ServerRequest {
  readonly id: string;
  /** The deadline of all queries of the request, as returned by `answerDeadline()`. */
  readonly deadline: number;
}

/** The key of the method that changes a server's rows. Lint lets only the recorder of actions import it. */
export const WRITE = Symbol('write');

/** A server that is visible to the caller, with access to its rows for the duration of one request. */
export class Server {
  readonly uuid: string;
  readonly urlId: string;
  readonly projectId: string | null;
  readonly userId: string | null;
  readonly requestId: string;
  private readonly deadline: number;

  /**
   * @param database the database of the server's cell. Undefined while Nova builds the server: the server then has no
   *   cell and no rows yet.
   * @param fallback the copy of Nova's rows, if the route uses it
   */
  constructor(
    { uuid, urlId, projectId, userId }: ServerIds,
    request: ServerRequest,
    private readonly database: Database | undefined,
    private readonly prefetched?: PrefetchedRows,
    private readonly fallback?: Fallback,
  ) {
    this.uuid = uuid;
    this.urlId = urlId;
    this.projectId = projectId;
    this.userId = userId;
    this.requestId = request.id;
    this.deadline = request.deadline;
  }

  /** The state of the copy, if rows of this server were read from it. Undefined if all rows are Nova's. */
  get copiedState(): CopiedState | undefined {
    return this.fallback?.state;
  }

  /**
   * Queries the database of the server's cell.
   *
   * @throws DatabaseUnavailable if the database does not respond before the deadline
   */
  async rows<Row>(query: (source: DataSource) => Promise<Row[]>): Promise<Row[]> {
    return this.read((database, deadline) => database.read(deadline, query));
  }

  /**
   * Returns rows by their key. Uses the prefetched rows if lookup and key are the same. Otherwise reads them in one
   * query, which may also read rows for other requests.
   *
   * @param key the part of the lookup's key after the server's UUID
   * @param orCopy true to read the rows from the copy of Nova's rows if Nova has none
   * @throws DatabaseUnavailable if the database does not respond before the deadline
   */
  async load<Row extends object>(lookup: Lookup, key: Key, { orCopy = false } = {}): Promise<Row[]> {
    const load = (database: Database, deadline: number): Promise<Row[]> =>
      database.load(deadline, lookup, [this.uuid, ...key]);
    const isPrefetched = this.prefetched?.lookup === lookup && isSame(this.prefetched.key, key);
    const rows = isPrefetched ? ([...this.prefetched.rows] as Row[]) : await this.read(load);
    return rows.length > 0 || !orCopy ? rows : ((await this.fallback?.readAbsent(this.uuid, load)) ?? []);
  }

  private async read<Row>(query: RowQuery<Row>): Promise<Row[]> {
    if (this.database === undefined) return [];
    if (this.fallback === undefined) return query(this.database, this.deadline);
    return this.fallback.read(this.uuid, this.database, query);
  }

  /** Runs one transaction in the database of the server's cell. @throws as `Database.write` */
  async [WRITE]<Result>(
    work: (manager: EntityManager) => Promise<Result>,
    options: { readonly deadline: number; readonly isIdempotent?: boolean },
  ): Promise<Result> {
    if (this.database === undefined) throw new Error('a server without a cell has no rows to change');
    return this.database.write(work, options);
  }
}

function isSame(one: Key, other: Key): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
