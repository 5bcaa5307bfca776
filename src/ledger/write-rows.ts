import type { EntityManager } from 'typeorm';

/** The maximum number of rows in a statement, and of characters in the values of the rows. */
const MAX_ROWS = 1_000;
const MAX_LENGTH = 2_000_000;

/**
 * Inserts rows, with as few statements as possible.
 *
 * @param rows the values of each row, in the order of the columns
 * @param onDuplicate the end of the statement, for rows that exist
 */
export async function insertRows(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  onDuplicate = '',
): Promise<void> {
  const isFile = manager.dataSource.options.type === 'better-sqlite3';
  const marks = `(${columns.map(() => '?').join()})`;
  for (const part of batchesOf(rows, { items: MAX_ROWS, length: MAX_LENGTH }, lengthOf)) {
    // For MariaDB, the driver writes all rows in the place of one `?`, which takes less time than one `?` for each value.
    const values = isFile ? part.map(() => marks).join() : '?';
    const statement = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}${onDuplicate}`;
    await manager.query(statement, isFile ? part.flat() : [part]);
  }
}

/** Inserts rows, or replaces all columns of the rows that exist. @param key the columns of the primary key */
export function upsertRows(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  key: string,
): Promise<void> {
  const isFile = manager.dataSource.options.type === 'better-sqlite3';
  const change = columns.map(
    (column) => `${column} = ${isFile ? `excluded.${column}` : `VALUES(${column})`}`,
  );
  const onDuplicate = isFile ? `ON CONFLICT (${key}) DO UPDATE SET` : 'ON DUPLICATE KEY UPDATE';
  return insertRows(manager, table, columns, rows, ` ${onDuplicate} ${change.join(', ')}`);
}

/**
 * Distributes items, in their order, over batches of a limited size. An item that exceeds the limit has a batch of its own.
 *
 * @param limits the maximum number of items in a batch, and of their characters
 */
export function batchesOf<Item>(
  items: readonly Item[],
  limits: { readonly items: number; readonly length: number },
  lengthOf: (item: Item) => number,
): Item[][] {
  const batches: Item[][] = [];
  let current: Item[] = [];
  let length = 0;
  for (const item of items) {
    const more = lengthOf(item);
    if (current.length === limits.items || (current.length > 0 && length + more > limits.length)) {
      batches.push(current);
      [current, length] = [[], 0];
    }
    current.push(item);
    length += more;
  }
  if (current.length > 0) batches.push(current);
  return batches;
}

function lengthOf(row: readonly unknown[]): number {
  return row.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 8), 0);
}

/**
 * Runs a statement for each 1,000 values, and returns all its rows.
 *
 * @param run gets the values, and one `?` for each of them
 */
export async function inChunks<Value, Row>(
  values: readonly Value[],
  run: (chunk: Value[], marks: string) => Promise<Row[]>,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let start = 0; start < values.length; start += MAX_ROWS) {
    const chunk = values.slice(start, start + MAX_ROWS);
    rows.push(...(await run(chunk, chunk.map(() => '?').join())));
  }
  return rows;
}
