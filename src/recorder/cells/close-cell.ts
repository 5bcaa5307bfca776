import type { Database } from '../../database/connection/database.js';
import { answerDeadline } from '../../database/connection/time-limits.js';
import { cellLease } from '../../ledger/cells/cell-lease.js';
import { type CellState, readStates } from '../../ledger/cells/cell-states.js';
import { aboutSeveral } from '../../ledger/record/entry.js';
import { StoreRecordWriter } from '../../ledger/writer/record-writer.js';

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
    await new StoreRecordWriter(store, held, number).write({
      entries: [
        { ...aboutSeveral({ cell: number, epoch }), kind: 'cell', body: { state: 'closed', name, uuid } },
      ],
      state: { state: 'closed', holder: null },
    });
  } finally {
    await held.release();
  }
}
