import type { Database } from './connection/database.js';

/**
 * The database with the log of all servers: the own store, or beside Nova the copy of Nova's rows. Beside Nova without a
 * copy, this provider is undefined.
 */
export abstract class LogStore {
  abstract readonly database: Database;
  /** The same database for transactions. Beside Nova, undefined unless services may record actions over HTTP. */
  abstract readonly writable: Database | undefined;
}
