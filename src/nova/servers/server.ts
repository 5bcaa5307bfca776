import type { Database } from '../../database/database.js';

/** A server that a caller may know of. */
export interface Server {
  readonly uuid: string;
  /** The id as it stands in the URL; only its case may differ from the UUID. */
  readonly urlId: string;
  readonly projectId: string | null;
  /** The database that holds the server and all that belongs to it. */
  readonly database: Database;
}
