import type { EntityManager } from 'typeorm';
import { type PerTable, TABLE_NAMES } from '../../ledger/cell-states.js';
import type { Store } from '../../ledger/ledger.js';
import type { BlockSum, RowSum, SourceTable } from '../source/cell-reader.js';

/** The number of ids in a chunk. The store has one sum for the rows of a chunk. */
export const CHUNK_SIZE = 2_048;

/** Returns the number of a table in `record_chunks`. */
function numberOf({ table, isShadow }: SourceTable): number {
  return TABLE_NAMES.indexOf(table) + (isShadow ? TABLE_NAMES.length : 0);
}

/** The sums of the chunks of rows that are read by descending id. */
export class ChunkSums {
  private readonly sums = new Map<number, BlockSum>();

  /** @param start the id from which on the rows are read */
  constructor(private readonly start: number) {}

  /**
   * Adds the rows down to an id.
   *
   * @param next the rows above this id have been added
   * @returns the chunks of which all rows have been added
   */
  add(rows: readonly RowSum[], next: number): BlockSum[] {
    for (const { id, crc } of rows) {
      const block = Math.floor(id / CHUNK_SIZE);
      const { count, sum } = this.sums.get(block) ?? { count: 0, sum: 0 };
      this.sums.set(block, { block, count: count + 1, sum: sum + crc });
    }
    const finished = [...this.sums.values()].filter(({ block }) => block * CHUNK_SIZE > next);
    for (const { block } of finished) this.sums.delete(block);
    return finished.filter(({ block }) => (block + 1) * CHUNK_SIZE - 1 <= this.start);
  }
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
export async function putChunks(
  manager: EntityManager,
  cell: number,
  source: SourceTable,
  sums: readonly BlockSum[],
): Promise<void> {
  if (sums.length === 0) return;
  await manager.query(
    `REPLACE INTO record_chunks (cell, source, chunk, row_count, checksum)
     VALUES ${sums.map(() => '(?, ?, ?, ?, ?)').join()}`,
    sums.flatMap(({ block, count, sum }) => [cell, numberOf(source), block, count, sum]),
  );
}

/** Deletes the sums of the chunks that contain ids from `from` on, so that the next comparison reads their rows. */
export async function forgetChunks(manager: EntityManager, cell: number, from: PerTable): Promise<void> {
  for (const table of TABLE_NAMES) {
    await manager.query('DELETE FROM record_chunks WHERE cell = ? AND source IN (?, ?) AND chunk >= ?', [
      ...[cell, numberOf({ table, isShadow: false }), numberOf({ table, isShadow: true })],
      Math.floor(from[table] / CHUNK_SIZE),
    ]);
  }
}
