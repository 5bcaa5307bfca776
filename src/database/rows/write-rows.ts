import mysql2, { type SqlValue } from 'mysql2';
import { isSqlite } from './is-sqlite.js';
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
  let running: Promise<unknown> = Promise.resolve();
  for (const part of insertable(rows)) {
    // The database executes a statement while this loop makes the text of the next one.
    const [statement, values] = insertStatement(manager, table, columns, part, onDuplicate);
    await running;
    running = manager.query(statement, values);
    // The next turn of the loop awaits this promise. Without a handler until then, its rejection would terminate the
    // process.
    running.catch(() => undefined);
  }
  await running;
}

/**
 * Inserts rows that get their ids from the database, with as few statements as possible. A database assigns ascending
 * ids to the rows of one statement. The function checks them.
 *
 * @param rows as in `insertRows`
 * @param checked a column whose values the check compares
 * @returns the ids, in the order of the rows
 */
export async function insertRowsWithIds<Column extends string>(
  manager: EntityManager,
  table: string,
  columns: readonly Column[],
  rows: readonly (readonly unknown[])[],
  checked: Column,
): Promise<number[]> {
  const isFile = isSqlite(manager.dataSource);
  const index = columns.indexOf(checked);
  const ids: number[] = [];
  for (const part of insertable(rows)) {
    const [statement, values] = insertStatement(manager, table, columns, part);
    const returning = `RETURNING id, ${checked} AS checked`;
    const result = await manager.query<CheckedRow[] | { insertId: number }>(
      // MySQL cannot return rows. It ignores this comment, which MariaDB executes.
      `${statement} ${isFile ? returning : `/*M!100500 ${returning} */`}`,
      values,
    );
    const found = Array.isArray(result)
      ? result.sort((one, other) => Number(one.id) - Number(other.id))
      : await consecutiveRows(manager, table, checked, result.insertId, part.length);
    const isExpected = found.every((row, n) => String(row.checked) === String(part[n]?.[index]));
    if (found.length !== part.length || !isExpected)
      throw new Error(`the database has not assigned ascending ids to new rows of ${table}`);
    ids.push(...found.map(({ id }) => Number(id)));
  }
  return ids;
}

/** A new row, with the column by which `insertRowsWithIds` checks its id. */
interface CheckedRow {
  readonly id: number | string;
  readonly checked: unknown;
}

/** Reads new rows on MySQL, which assigns consecutive ids to the rows of one statement, and returns the first one. */
function consecutiveRows(
  manager: EntityManager,
  table: string,
  checked: string,
  first: number,
  count: number,
): Promise<CheckedRow[]> {
  // The nodes of a cluster use different ids, so their distance is the number of nodes.
  return manager.query<CheckedRow[]>(
    `SELECT id, ${checked} AS checked FROM ${table} WHERE id BETWEEN ? AND ? + ? * @@auto_increment_increment
    AND (id - ?) % @@auto_increment_increment = 0 ORDER BY id`,
    [first, first, count - 1, first],
  );
}

/** Distributes rows over statements. */
function insertable(rows: readonly (readonly unknown[])[]): (readonly unknown[])[][] {
  return batchesOf(rows, { items: MAX_INSERTED_ROWS, length: MAX_LENGTH }, lengthOf);
}

/** Returns a statement that inserts rows, and its values. On MariaDB, the statement contains the values. */
function insertStatement(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  onDuplicate = '',
): [statement: string, values: unknown[] | undefined] {
  const isFile = isSqlite(manager.dataSource);
  const marks = `(${columns.map(() => '?').join()})`;
  const values = isFile ? rows.map(() => marks).join() : textOf(rows);
  const statement = `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}${onDuplicate}`;
  return [statement, isFile ? rows.flat() : undefined];
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
  const isFile = isSqlite(manager.dataSource);
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
