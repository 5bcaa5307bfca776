import type { QueryRunner } from 'typeorm';
import { isSqlite } from '../database/rows/is-sqlite.js';

/** The columns of tables, by the name of the table. */
export type TableColumns = Readonly<Record<string, string>>;

/** The indexes of tables, as `{table: {'INDEX name of the index': 'columns'}}`. */
export type TableIndexes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The types that differ between the databases: on MariaDB, and on SQLite. */
const TYPES: readonly (readonly [name: RegExp, onServer: string, inFile: string])[] = [
  // A text in conditions or joins. A comparison ignores case, as in Nova's tables.
  [/\bID(\d+)/g, 'varchar($1) COLLATE utf8mb4_general_ci', 'varchar($1) COLLATE NOCASE'],
  // A text in conditions. A comparison distinguishes case.
  [/\bEXACT(\d+)/g, 'varchar($1) COLLATE utf8mb4_bin', 'varchar($1) COLLATE BINARY'],
  // Bytes in conditions. SQLite would convert bytes that look like a number if the type were `varbinary`.
  [/\bBYTES(\d+)/g, 'varbinary($1)', 'blob'],
];

/**
 * Creates tables with their indexes. Does nothing for a table or an index that exists: an interrupted migration runs
 * again from its start.
 *
 * @param clustered the tables whose rows SQLite stores in the order of the primary key, as MariaDB does for all tables
 */
export async function createTables(
  runner: QueryRunner,
  tables: TableColumns,
  indexes: TableIndexes,
  clustered: readonly string[] = [],
): Promise<void> {
  const isFile = isSqlite(runner.dataSource);
  for (const [table, columns] of Object.entries(tables)) {
    const typed = TYPES.reduce(
      (text, [name, onServer, inFile]) => text.replaceAll(name, isFile ? inFile : onServer),
      columns,
    );
    const ofTable = Object.entries(indexes[table] ?? {});
    // On MariaDB, the statement that creates the table also creates its indexes, because DDL has no transaction.
    const inline = isFile ? [] : ofTable.map(([name, of]) => `, ${name} (${of})`);
    const inOrder = clustered.includes(table) ? ' WITHOUT ROWID' : '';
    const options = isFile ? inOrder : ' ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4';
    await runner.query(`CREATE TABLE IF NOT EXISTS ${table} (${typed}${inline.join('')})${options}`);
    if (!isFile) continue;
    for (const [name, of] of ofTable) {
      await runner.query(`CREATE ${name.replace('INDEX', 'INDEX IF NOT EXISTS')} ON ${table} (${of})`);
    }
  }
}
