import type { Database } from '../../database/connection/database.js';
import { Lease, onDatabase } from '../../database/own-store/lease.js';

/** Returns the lease of a cell. Its holder is the only process that changes the copy of the cell. */
export function cellLease(store: Database, cellUuid: string): Lease {
  return new Lease(`record:${cellUuid}`, onDatabase(store));
}
