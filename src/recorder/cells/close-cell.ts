import type { Database } from '../../database/connection/database.js';
import { answerDeadline } from '../../database/connection/time-limits.js';
import { cellLease } from '../../ledger/cell-lease.js';
import { type CellState, readStates } from '../../ledger/cell-states.js';
import { StoreRecordWriter } from '../../ledger/record-writer.js';

/**
 * Records that Nova does not have a cell any more. The rows of the cell stay in the copy. Does nothing while another
 * process holds the lease of the cell: that process closes the cell when it reads the list of cells.
 */
export async function closeCell(store: Database, { number, uuid, name, epoch }: CellState): Promise<void> {
  const held = await cellLease(store, uuid).acquire();
  if (held === undefined) return;
  try {
    const states = await store.read(answerDeadline(), readStates);
    if (states.find((one) => one.number === number)?.state !== 'open') return;
    const about = { cell: number, epoch, novaId: null, serverUuid: null, projectId: null, previous: null };
    await new StoreRecordWriter(store, held, number).write({
      entries: [{ ...about, kind: 'cell', body: { state: 'closed', name, uuid } }],
      state: { state: 'closed', holder: null },
    });
  } finally {
    await held.release();
  }
}
