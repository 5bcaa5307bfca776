import type { TableName } from '../../ledger/cells/cell-states.js';
import { copiedBetween, type CopiedRow } from '../../ledger/copy/copied-values.js';
import { type CellContext, queryStore } from '../cell-context.js';

/** Returns the rows of a cell with ids in `[from, to]`, by Nova's ids. The row of the newest epoch counts. */
export async function copiedInCell(
  cell: CellContext,
  table: TableName,
  columns: readonly string[],
  from: number,
  to: number,
): Promise<Map<number, { readonly epoch: number; readonly row: CopiedRow }>> {
  const found = new Map<number, { readonly epoch: number; readonly row: CopiedRow }>();
  for (let epoch = 0; epoch <= cell.epoch; epoch += 1) {
    const end = epoch === cell.epoch ? to : Math.min(to, cell.state.epochFrom[table] - 1);
    if (end < from) continue;
    const range = { cell: cell.cell.number, epoch, from, to: end };
    const rows = await queryStore(cell, (store) => copiedBetween(store, table, columns, range));
    for (const [id, row] of rows) found.set(id, { epoch, row });
  }
  return found;
}
