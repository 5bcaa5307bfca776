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

/** Changes the row with this id. @param table as in `insertRow` */
export async function updateRow(
  manager: EntityManager,
  table: string,
  id: number,
  changes: ColumnValues,
): Promise<void> {
  const assignments = Object.keys(changes).map((column) => `${column} = ?`);
  await manager.query(`UPDATE ${table} SET ${assignments.join(', ')} WHERE id = ?`, [
    ...Object.values(changes),
    id,
  ]);
}
