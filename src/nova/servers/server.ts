import type { DataSource } from 'typeorm';
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

/** A server that is visible to the caller, with access to its rows for the duration of one request. */
export class Server {
  constructor(
    readonly uuid: string,
    /** The id in the URL. It may differ from the UUID in upper and lower case. */
    readonly urlId: string,
    readonly projectId: string | null,
    /**
     * The database of the server's cell. Undefined while Nova builds the server: the server then has no cell and no
     * rows yet.
     */
    private readonly database: Database | undefined,
    /** The deadline of all queries of the request, as returned by `answerDeadline()`. */
    private readonly deadline: number,
    private readonly prefetched?: PrefetchedRows,
  ) {}

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
}

function isSame(one: Key, other: Key): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
