import type { CellSnapshot, RowSum, SourceTable } from '../source/cell-reader.js';

/** Reads a page of any table: see `CellSnapshot.page`. */
export function pageOf(
  snapshot: CellSnapshot,
  { table, isShadow }: SourceTable,
  above: number,
  upTo: number,
  limit: number,
): Promise<RowSum[]> {
  if (table === 'actions') return snapshot.page({ table, isShadow }, above, upTo, limit);
  if (table === 'events') return snapshot.page({ table, isShadow }, above, upTo, limit);
  return snapshot.page({ table, isShadow }, above, upTo, limit);
}
