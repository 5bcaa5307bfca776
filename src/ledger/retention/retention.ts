import type { Database } from '../../database/connection/database.js';
import { Lease, onDatabase } from '../../database/own-store/lease.js';
import type { RawTime } from '../../database/rows/time.js';
import { readStates } from '../cells/cell-states.js';
import { storeOf } from '../record/record.js';
import { Deletion } from './deletion.js';
import { deleteOldActions, deleteOldOwnActions } from './old-actions.js';
import { deleteOldEntriesWithoutRow } from './old-entries.js';
import { deleteOldStagedEvents } from './old-events.js';
import { deleteOldServers } from './old-servers.js';

/** The pause between two transactions, in milliseconds. */
const PAUSE = 100;

/**
 * Deletes the actions that are older than the horizon, the facts of deleted servers without actions, and their entries.
 * Each transaction is small, and appends an entry of the kind `retention`.
 *
 * @returns false if another process is already running the retention
 */
export async function deleteOld(store: Database, horizon: RawTime, pause = PAUSE): Promise<boolean> {
  const lease = await new Lease('retention', onDatabase(store)).acquire();
  if (lease === undefined) return false;
  try {
    const deletion = new Deletion(store, lease, horizon, pause);
    for (const { number: cell, epoch: last } of await readStates(storeOf(store))) {
      for (let epoch = 0; epoch <= last; epoch += 1) {
        await deleteOldActions(deletion, { cell, epoch });
        await deleteOldStagedEvents(deletion, { cell, epoch });
        await deleteOldServers(deletion, { cell, epoch });
      }
    }
    await deleteOldOwnActions(deletion);
    await deleteOldEntriesWithoutRow(deletion);
    return true;
  } finally {
    await lease.release();
  }
}
