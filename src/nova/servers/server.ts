import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../../database/connection/database.js';
import type { JoinedLookup, Key, Lookup } from '../../database/rows/lookup.js';

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
interface ServerRequest {
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
   */
  constructor(
    { uuid, urlId, projectId, userId }: ServerIds,
    request: ServerRequest,
    private readonly database: Database | undefined,
    private readonly prefetched?: PrefetchedRows,
  ) {
    this.uuid = uuid;
    this.urlId = urlId;
    this.projectId = projectId;
    this.userId = userId;
    this.requestId = request.id;
    this.deadline = request.deadline;
  }

  /**
   * Queries the database of the server's cell.
   *
   * @throws DatabaseUnavailable if the database does not respond before the deadline
   */
  async rows<Row>(query: (source: DataSource) => Promise<Row[]>): Promise<Row[]> {
    return this.database === undefined ? [] : this.database.read(this.deadline, query);
  }

  /**
   * Returns rows by their key. Uses the prefetched rows if lookup and key are the same. Otherwise reads them in one
   * query, which may also read rows for other requests.
   *
   * @param key the part of the lookup's key after the server's UUID
   * @throws DatabaseUnavailable if the database does not respond before the deadline
   */
  async load<Row extends object>(lookup: Lookup, key: Key): Promise<Row[]> {
    if (this.database === undefined) return [];
    if (this.prefetched?.lookup === lookup && isSame(this.prefetched.key, key)) {
      return [...this.prefetched.rows] as Row[];
    }
    return this.database.load(this.deadline, lookup, [this.uuid, ...key]);
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
