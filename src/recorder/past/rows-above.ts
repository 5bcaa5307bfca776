import { TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import { MAX_ID } from '../../ledger/copy/copy-id.js';
import type { NewEntry } from '../../ledger/record/entry.js';
import { type CellContext, queryStore } from '../cell-context.js';
import type { SourceTable } from '../source/cell-reader.js';
import { tableName } from '../source/nova-tables.js';
import { CHUNK_ABOVE_MAX_ID as CHUNK, putChunks, readChunks, sumOf } from './chunks.js';
import { aboutCell } from '../changes/entries.js';
import type { PastReader } from './past-reader.js';

/** The highest id that JavaScript represents exactly. */
const HIGHEST = Number.MAX_SAFE_INTEGER;

/** The maximum number of ids in an entry. */
const MAX_ROWS = 500;

/** Reports the rows with ids that do not fit into the copy, if they have changed since the last report. */
export async function reportRowsAbove(cell: CellContext, reader: PastReader): Promise<void> {
  for (const table of TABLE_NAMES.toReversed()) {
    for (const isShadow of [false, true]) await reportOf(cell, reader, { table, isShadow });
  }
}

async function reportOf(cell: CellContext, reader: PastReader, source: SourceTable): Promise<void> {
  const { rows } = await reader.read((snapshot) => snapshot.page(source, MAX_ID, HIGHEST, MAX_ROWS));
  const { number } = cell.cell;
  const sums = await queryStore(cell, (store) => readChunks(store, number, source, CHUNK, CHUNK + 1));
  const now = sumOf(CHUNK, rows);
  const { count, sum } = sums.get(CHUNK) ?? { count: 0, sum: 0 };
  if (count === now.count && sum === now.sum) return;
  const body = {
    table: tableName(source),
    reason: `the copy has no ids above ${MAX_ID}`,
    row: { ids: rows.map(({ id }) => id) },
  };
  const entries: NewEntry[] = rows.length === 0 ? [] : [{ ...aboutCell(cell), kind: 'unreadable', body }];
  await cell.exclusive(() =>
    cell.write({ entries, also: (manager) => putChunks(manager, number, source, [now]) }),
  );
}
