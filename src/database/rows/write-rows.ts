import mysql2, { type SqlValue } from 'mysql2';
import type { EntityManager } from 'typeorm';

/** The maximum number of values in the conditions of a statement. */
const MAX_VALUES = 1_000;
/** The maximum number of rows that a statement inserts, and of characters in their values. */
const MAX_INSERTED_ROWS = 500;
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
  let running: Promise<unknown> = Promise.resolve();
  for (const part of batchesOf(rows, { items: MAX_INSERTED_ROWS, length: MAX_LENGTH }, lengthOf)) {
    // The database executes a statement while this loop makes the text of the next one.
    const values = isFile ? part.map(() => marks).join() : textOf(part);
    const statement = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}${onDuplicate}`;
    await running;
    running = manager.query(statement, isFile ? part.flat() : undefined);
    // The next turn of the loop awaits this promise. Without a handler until then, its rejection would terminate the
    // process.
    running.catch(() => undefined);
  }
  await running;
}

/** Returns rows as SQL for MariaDB. */
function textOf(rows: readonly (readonly unknown[])[]): string {
  return rows.map((row) => `(${row.map(literal).join()})`).join();
}

/** The characters that end or change a text in a statement. A quote `"` does neither, and JSON contains many of them. */
const SPECIAL = /['\\\0]/;

/** Returns a value as SQL for MariaDB. For most values it takes much less time than the function of the driver. */
function literal(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && !SPECIAL.test(value) ? `'${value}'` : mysql2.escape(value as SqlValue);
}

/**
 * Inserts rows, and changes the rows that exist.
 *
 * @param key the columns of the primary key
 * @param change returns the assignments for a row that exists, in which `given(column)` is the given value. Without this
 * parameter, all columns are replaced
 */
export function upsertRows(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  key: string,
  change = (given: (column: string) => string) => columns.map((column) => `${column} = ${given(column)}`),
): Promise<void> {
  const isFile = manager.dataSource.options.type === 'better-sqlite3';
  const assignments = change((column) => (isFile ? `excluded.${column}` : `VALUES(${column})`));
  const onDuplicate = isFile ? `ON CONFLICT (${key}) DO UPDATE SET` : 'ON DUPLICATE KEY UPDATE';
  return insertRows(manager, table, columns, rows, ` ${onDuplicate} ${assignments.join(', ')}`);
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
  for (let start = 0; start < values.length; start += MAX_VALUES) {
    const chunk = values.slice(start, start + MAX_VALUES);
    rows.push(...(await run(chunk, chunk.map(() => '?').join())));
  }
  return rows;
}
