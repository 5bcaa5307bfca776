import { type PerTable, TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import { MAX_ID } from '../../ledger/copy/copy-id.js';
import type { CellSnapshot, SourceTable } from './cell-reader.js';

/** Returns the highest ids of the main and the shadow tables that fit into the copy. */
export async function highestIds(snapshot: CellSnapshot): Promise<PerTable> {
  const highest = { actions: 0, events: 0, servers: 0 };
  for (const isShadow of [false, true]) {
    const max = await snapshot.maxIds(isShadow);
    for (const table of TABLE_NAMES) {
      const id = max[table] <= MAX_ID ? max[table] : await highestCopyable(snapshot, { table, isShadow });
      highest[table] = Math.max(highest[table], id);
    }
  }
  return highest;
}

async function highestCopyable(snapshot: CellSnapshot, source: SourceTable): Promise<number> {
  const [row] = await snapshot.page(source, 0, MAX_ID, 1);
  return row?.id ?? 0;
}
