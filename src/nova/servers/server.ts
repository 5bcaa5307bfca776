import type { DataSource } from 'typeorm';
import type { Database } from '../../database/connection/database.js';
import type { JoinedLookup, Key, Lookup } from '../../database/rows/lookup.js';

/** What is read in the same query as a server: a lookup whose key begins with the server's UUID, and what follows in it. */
export interface Prefetch {
  readonly lookup: JoinedLookup;
  readonly key: Key;
}

/** The rows that were read with a server, and by which lookup. */
export interface PrefetchedRows extends Prefetch {
  readonly rows: readonly object[];
}

/** A server that a caller may know of, for the time of one request. */
export class Server {
  constructor(
    readonly uuid: string,
    /** The id as it stands in the URL; only its case may differ from the UUID. */
    readonly urlId: string,
    readonly projectId: string | null,
    /** Undefined for a server that is being built, of which there is nothing yet. */
    private readonly database: Database | undefined,
    /** The deadline of all queries of the request, as of `answerDeadline()`. */
    private readonly deadline: number,
    private readonly prefetched?: PrefetchedRows,
  ) {}

  /**
   * Queries the database that holds the server and its rows.
   *
   * @throws DatabaseUnavailable when it does not answer in time
   */
  async rows<Row>(question: (source: DataSource) => Promise<Row[]>): Promise<Row[]> {
    return this.database === undefined ? [] : this.database.read(this.deadline, question);
  }

  /**
   * Rows by their key: the prefetched ones, where the route declares them. Otherwise one query reads them, together with
   * rows for other requests to the same database.
   *
   * @param key what follows the server's UUID in it
   * @throws DatabaseUnavailable when it does not answer in time
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
