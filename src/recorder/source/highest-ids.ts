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

/**
 * Returns the ids up to which no transaction of Nova can still commit a row: the highest ids below those of the rows that
 * are younger than `settledAge`.
 *
 * @param high the highest ids of the tables
 * @param nearIds the maximum number of ids of a table that are above the result
 * @param settledAge see `RecorderTimes`
 */
export async function settledIds(
  snapshot: CellSnapshot,
  high: PerTable,
  { nearIds, settledAge }: { readonly nearIds: number; readonly settledAge: number },
): Promise<PerTable> {
  const settled = { actions: 0, events: 0, servers: 0 };
  for (const table of TABLE_NAMES) {
    const above = Math.max(0, high[table] - nearIds);
    const young = await snapshot.firstIdSince(table, above, settledAge);
    // A row that is not committed yet can have any id between the newest old row and the young rows.
    const [old] = await snapshot.page({ table, isShadow: false }, above, (young ?? MAX_ID + 1) - 1, 1);
    settled[table] = old?.id ?? above;
  }
  return settled;
}

async function highestCopyable(snapshot: CellSnapshot, source: SourceTable): Promise<number> {
  const [row] = await snapshot.page(source, 0, MAX_ID, 1);
  return row?.id ?? 0;
}
