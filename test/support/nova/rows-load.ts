import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise';
import type { NovaApiDatabases } from './api-config.js';
import type { NovaRow, RandomRows, NovaTables } from './rows.js';

const ROWS_PER_INSERT = 200;

/** Inserts rows into the databases of a Nova deployment. */
export async function loadNovaRows(
  urls: NovaApiDatabases,
  { databases }: Pick<RandomRows, 'databases'>,
): Promise<void> {
  const cells = await withConnection(urls.api, async (connection) => {
    // Nova creates no new servers in a disabled cell, but it still shows the existing ones.
    await connection.query("UPDATE cell_mappings SET disabled = 1 WHERE name = 'cell2'");
    const [rows] = await connection.query<RowDataPacket[]>('SELECT id, name FROM cell_mappings');
    return new Map(rows.map(({ id, name }) => [String(name), Number(id)]));
  });
  const withCellIds = (databases.api['instance_mappings'] ?? []).map((row) => {
    const id = cells.get(String(row['cell_id']));
    if (row['cell_id'] !== null && id === undefined) throw new Error(`no such cell: ${row['cell_id']}`);
    return { ...row, cell_id: id ?? null };
  });
  await load(urls.api, { ...databases.api, instance_mappings: withCellIds });
  await load(urls.cell0, databases.cell0);
  await load(urls.cell1, databases.cell1);
  await load(urls.cell2, databases.cell2);
}

async function load(url: string, tables: NovaTables): Promise<void> {
  await withConnection(url, async (connection) => {
    // Some actions belong to a server without a row in `instances`, as in deployments where archiving was interrupted.
    // The foreign keys would reject these actions.
    await connection.query('SET foreign_key_checks = 0');
    for (const [table, rows] of Object.entries(tables)) await insert(connection, table, rows);
  });
}

async function insert(connection: Connection, table: string, rows: readonly NovaRow[]): Promise<void> {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  for (let start = 0; start < rows.length; start += ROWS_PER_INSERT) {
    const values = rows
      .slice(start, start + ROWS_PER_INSERT)
      .map((row) => columns.map((column) => row[column] ?? null));
    await connection.query('INSERT INTO ?? (??) VALUES ?', [table, columns, values]);
  }
}

async function withConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await createConnection(url);
  try {
    return await work(connection);
  } finally {
    await connection.end();
  }
}
