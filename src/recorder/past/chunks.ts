import type { EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by.js';
import { type PerTable, TABLE_NAMES } from '../../ledger/cells/cell-states.js';
import { MAX_ID } from '../../ledger/copy/copy-id.js';
import type { Store } from '../../ledger/record/record.js';
import { upsertRows } from '../../database/rows/write-rows.js';
import type { BlockSum, RowSum, SourceTable } from '../source/cell-reader.js';

/** The number of ids in a chunk. The store has one sum for the rows of a chunk. */
export const CHUNK_SIZE = 2_048;

/** The number, in `record_chunks`, of a chunk for all rows with ids above `MAX_ID`. */
export const CHUNK_ABOVE_MAX_ID = (MAX_ID + 1) / CHUNK_SIZE;

/** Returns the number of a table in `record_chunks`. */
function numberOf({ table, isShadow }: SourceTable): number {
  return TABLE_NAMES.indexOf(table) + (isShadow ? TABLE_NAMES.length : 0);
}

/** Returns the sums of rows by chunk. */
export function sumsOf(rows: readonly RowSum[]): BlockSum[] {
  const byChunk = groupBy(rows, ({ id }) => Math.floor(id / CHUNK_SIZE));
  return [...byChunk].map(([block, ofBlock]) => sumOf(block, ofBlock));
}

/** Returns the sum of the rows of one chunk. */
export function sumOf(block: number, rows: readonly RowSum[]): BlockSum {
  return { block, count: rows.length, sum: rows.reduce((sum, { crc }) => sum + crc, 0) };
}

/** Returns the sums of chunks `[from, to)` at the last comparison. */
export async function readChunks(
  store: Store,
  cell: number,
  source: SourceTable,
  from: number,
  to: number,
): Promise<Map<number, BlockSum>> {
  const rows = await store.query<Record<'chunk' | 'row_count' | 'checksum', number | string>[]>(
    `SELECT chunk, row_count, checksum FROM record_chunks
     WHERE cell = ? AND source = ? AND chunk >= ? AND chunk < ?`,
    [cell, numberOf(source), from, to],
  );
  return new Map(
    rows.map((row) => {
      const block = Number(row.chunk);
      return [block, { block, count: Number(row.row_count), sum: Number(row.checksum) }] as const;
    }),
  );
}

/** Stores the sums of chunks. */
export function putChunks(
  manager: EntityManager,
  cell: number,
  source: SourceTable,
  sums: readonly BlockSum[],
): Promise<void> {
  return upsertRows(manager, 'record_chunks', COLUMNS, rowsOf(cell, source, sums), KEY);
}

/**
 * Adds rows to the sums of their chunks. If the recorder has copied all rows of a chunk, its sum equals Nova's, and the
 * next comparison need not read the rows. Otherwise the sums differ, and the comparison reads the rows.
 */
export function addToChunks(
  manager: EntityManager,
  cell: number,
  source: SourceTable,
  sums: readonly BlockSum[],
): Promise<void> {
  return upsertRows(manager, 'record_chunks', COLUMNS, rowsOf(cell, source, sums), KEY, (given) =>
    ['row_count', 'checksum'].map((name) => `${name} = record_chunks.${name} + ${given(name)}`),
  );
}

const KEY = 'cell, source, chunk';
const COLUMNS = ['cell', 'source', 'chunk', 'row_count', 'checksum'];

function rowsOf(cell: number, source: SourceTable, sums: readonly BlockSum[]): unknown[][] {
  return sums.map(({ block, count, sum }) => [cell, numberOf(source), block, count, sum]);
}

/**
 * Deletes the sums of the chunks that contain ids from `from` on, so that the next comparison reads their rows. Keeps
 * the sum of the rows that do not fit into the copy: they were reported, and are not read again.
 */
export async function deleteChunks(manager: EntityManager, cell: number, from: PerTable): Promise<void> {
  for (const table of TABLE_NAMES) {
    const condition = 'cell = ? AND source IN (?, ?) AND chunk >= ? AND chunk < ?';
    await manager.query(`DELETE FROM record_chunks WHERE ${condition}`, [
      ...[cell, numberOf({ table, isShadow: false }), numberOf({ table, isShadow: true })],
      Math.floor(from[table] / CHUNK_SIZE),
      CHUNK_ABOVE_MAX_ID,
    ]);
  }
}
