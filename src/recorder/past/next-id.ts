import type { TableName } from '../../ledger/cells/cell-states.js';
import { type CellContext, queryStore } from '../cell-context.js';
import { lowestCopied } from '../../ledger/copy/copied-values.js';
import type { PastReader } from './past-reader.js';

/**
 * Returns the lowest id from `from` on that Nova or the copy has. Long ranges of ids can be unused, for example if an
 * operator has raised AUTO_INCREMENT.
 */
export async function nextId(
  cell: CellContext,
  reader: PastReader,
  table: TableName,
  from: number,
): Promise<number | undefined> {
  const { rows: ids } = await reader.read(async (snapshot) => [
    await snapshot.firstId({ table, isShadow: false }, from),
    await snapshot.firstId({ table, isShadow: true }, from),
  ]);
  for (let epoch = 0; epoch <= cell.epoch; epoch += 1) {
    const range = { cell: cell.cell.number, epoch, from, to: cell.state.high[table] };
    if (range.to >= from) ids.push(await queryStore(cell, (store) => lowestCopied(store, table, range)));
  }
  const found = ids.filter((id) => id !== undefined);
  return found.length === 0 ? undefined : Math.min(...found);
}
