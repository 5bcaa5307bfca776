import type { EntityManager } from 'typeorm';
import { currentTime } from './time.js';

/** Values by the names of their columns. A time is a text, for example from `currentTime()`. */
export type ColumnValues = Readonly<Record<string, string | number | null>>;

/**
 * Inserts a row. Unlike the entity manager, it keeps the microseconds of times. A row without `created_at` gets the
 * current time.
 *
 * @param table the name of the table; this name and those of the columns become part of the SQL
 * @returns the id of the row
 */
export async function insertRow(
  manager: EntityManager,
  table: string,
  values: ColumnValues,
): Promise<number> {
  const row = { created_at: currentTime(), ...values };
  const columns = Object.keys(row);
  const marks = columns.map(() => '?').join(', ');
  const inserted = await manager.query<number | bigint | { insertId: number }>(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${marks})`,
    Object.values(row),
  );
  return typeof inserted === 'object' ? inserted.insertId : Number(inserted);
}

/**
 * Changes the row with this id.
 *
 * @param table as in `insertRow`
 * @param condition a further condition of the row, in SQL
 * @returns true if the table has such a row
 */
export async function updateRow(
  manager: EntityManager,
  table: string,
  id: number,
  changes: ColumnValues,
  condition = 'TRUE',
): Promise<boolean> {
  const assignments = Object.keys(changes).map((column) => `${column} = ?`);
  const statement = `UPDATE ${table} SET ${assignments.join(', ')} WHERE id = ? AND ${condition}`;
  return (await matchedRows(manager, statement, [...Object.values(changes), id])) > 0;
}

/** Runs an UPDATE or DELETE statement of a transaction. @returns the number of rows that matched its condition */
export async function matchedRows(
  manager: EntityManager,
  statement: string,
  values: unknown[],
): Promise<number> {
  const result = await manager.queryRunner?.query(statement, values, true);
  return result?.affected ?? 0;
}
