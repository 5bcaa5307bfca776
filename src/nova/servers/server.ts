import type { DataSource } from 'typeorm';
import type { Key, Lookup } from '../../database/batch.js';
import type { Database } from '../../database/database.js';

/** A server that a caller may know of, for the time of one request. */
export class Server {
  constructor(
    readonly uuid: string,
    /** The id as it stands in the URL; only its case may differ from the UUID. */
    readonly urlId: string,
    readonly projectId: string | null,
    /** Undefined for a server that is being built, of which there is nothing yet. */
    private readonly database: Database | undefined,
    /** When its database must have answered all that the request asks, as of `answerDeadline()`. */
    private readonly deadline: number,
  ) {}

  /**
   * Asks the database that holds the server, and all that belongs to it, for rows.
   *
   * @throws DatabaseUnavailable when it does not answer in time
   */
  async rows<Row>(question: (source: DataSource) => Promise<Row[]>): Promise<Row[]> {
    return this.database === undefined ? [] : this.database.read(this.deadline, question);
  }

  /**
   * Rows by their key, asked for together with what other requests want of the same database just now.
   *
   * @throws DatabaseUnavailable when it does not answer in time
   */
  async load<Row extends object>(lookup: Lookup, key: Key): Promise<Row[]> {
    return this.database === undefined ? [] : this.database.load(this.deadline, lookup, key);
  }
}
