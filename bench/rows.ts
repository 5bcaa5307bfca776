import Sqlite from 'better-sqlite3';
import { createConnection, type RowDataPacket } from 'mysql2/promise';

/** The size of the test data: the number of servers, and of actions of each server. */
export interface CloudSize {
  readonly servers: number;
  /** The number of actions of one server. */
  readonly actions: number;
}

/** The number of events of each action. */
const EVENTS = 2;

export const PROJECT = 'c0ffee00000000000000000000000001';
const USER = 'c0ffee00000000000000000000000002';

/** SQL expressions that differ between MariaDB and SQLite. */
interface Dialect {
  readonly hex: (number: string, digits: number) => string;
  readonly concat: (...texts: string[]) => string;
  /** Returns an expression for a time: the start of 2025 plus some hours and seconds. */
  readonly time: (hours: string, seconds: string) => string;
  /** Returns an expression for a table with a column `n`, which contains the numbers from 1 to `last`. */
  readonly series: (name: string, last: number) => string;
}

const MARIADB: Dialect = {
  hex: (number, digits) => `LPAD(LOWER(HEX(${number})), ${digits}, '0')`,
  concat: (...texts) => `CONCAT(${texts.join(', ')})`,
  time: (hours, seconds) => `'2025-01-01' + INTERVAL ${hours} HOUR + INTERVAL ${seconds} SECOND`,
  series: (name, last) => `(SELECT seq AS n FROM seq_1_to_${last}) ${name}`,
};

const SQLITE: Dialect = {
  hex: (number, digits) => `printf('%0${digits}x', ${number})`,
  concat: (...texts) => texts.join(' || '),
  time: (hours, seconds) =>
    `strftime('%Y-%m-%d %H:%M:%S.000', '2025-01-01', (${hours}) || ' hours', (${seconds}) || ' seconds')`,
  series: (name, last) =>
    `(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < ${last}) SELECT n FROM s) ${name}`,
};

/**
 * Returns INSERT statements. Each server gets one action per hour. Therefore rows of different servers alternate in the
 * tables, as in a real deployment.
 */
function statements(
  { hex, concat, time, series }: Dialect,
  { servers, actions }: CloudSize,
  mark: number,
): string[] {
  const id = hexOf(mark, 4);
  const uuid = concat(hex('s.n', 8), `'-be5c-4000-8000-${id}00000000'`);
  const request = concat(`'req-'`, hex('s.n', 8), `'-be5c-4000-8000-${id}'`, hex('a.n', 8));
  const began = time('a.n', 's.n % 3600');
  return [
    `INSERT INTO instances (created_at, deleted, uuid, project_id, user_id, host, display_name)
     SELECT ${time('0', '0')}, 0, ${uuid}, '${PROJECT}', '${USER}', 'compute-1', ${concat(`'server-'`, 's.n')}
     FROM ${series('s', servers)}`,
    `INSERT INTO instance_actions (created_at, updated_at, deleted, action, instance_uuid, request_id, user_id,
       project_id, start_time)
     SELECT ${began}, ${began}, 0, 'reboot', ${uuid}, ${request}, '${USER}', '${PROJECT}', ${began}
     FROM ${series('a', actions)} CROSS JOIN ${series('s', servers)}`,
    `INSERT INTO instance_actions_events (created_at, updated_at, deleted, event, action_id, start_time, finish_time,
       result, host)
     SELECT a.created_at, a.updated_at, 0, ${concat(`'compute_step_'`, 'e.n')}, a.id, a.start_time, a.updated_at, 'Success',
       'compute-1'
     FROM instance_actions a CROSS JOIN ${series('e', EVENTS)} WHERE a.request_id LIKE '%-be5c-4000-8000-${id}%'`,
  ];
}

/** Returns the UUID of a server. @param server the number of the server; the first one is 1 */
export function serverUuid(server: number, mark = 0): string {
  return `${hexOf(server, 8)}-be5c-4000-8000-${hexOf(mark, 4)}00000000`;
}

/**
 * Returns the request id of an action.
 *
 * @param action the number of the action within its server; the first one is 1
 */
export function requestId(server: number, action: number, mark = 0): string {
  return `req-${hexOf(server, 8)}-be5c-4000-8000-${hexOf(mark, 4)}${hexOf(action, 8)}`;
}

/**
 * Inserts servers and their actions into a database on MariaDB.
 *
 * @param mark a number that becomes part of each id, so that a database can contain several sets of servers
 */
export async function fillMariaDb(url: string, size: CloudSize, mark = 0): Promise<void> {
  const connection = await createConnection(url);
  try {
    for (const statement of statements(MARIADB, size, mark)) await connection.query(statement);
    await connection.query('ANALYZE TABLE instances, instance_actions, instance_actions_events');
  } finally {
    await connection.end();
  }
}

/** Inserts the same rows as `fillMariaDb` into an SQLite database. */
export function fillSqlite(path: string, size: CloudSize, mark = 0): void {
  const database = new Sqlite(path);
  for (const statement of statements(SQLITE, size, mark)) database.exec(statement);
  database.exec('ANALYZE');
  database.close();
}

/** Records in Nova's API database that all servers of a cell belong to this cell. */
export async function mapServers(apiUrl: string, cellUrl: string, cellId: number): Promise<void> {
  const [api, cell] = await Promise.all([createConnection(apiUrl), createConnection(cellUrl)]);
  const [api_name, cell_name] = [apiUrl, cellUrl].map((url) => new URL(url).pathname.slice(1));
  try {
    await api.query(
      `INSERT INTO ??.instance_mappings (created_at, instance_uuid, cell_id, project_id, user_id, queued_for_delete)
       SELECT created_at, uuid, ?, project_id, user_id, 0 FROM ??.instances`,
      [api_name, cellId, cell_name],
    );
    await api.query('ANALYZE TABLE instance_mappings, cell_mappings');
  } finally {
    await Promise.all([api.end(), cell.end()]);
  }
}

/** Returns the id of the cell with this name. */
export async function cellId(apiUrl: string, name: string): Promise<number> {
  const api = await createConnection(apiUrl);
  try {
    const [rows] = await api.query<RowDataPacket[]>('SELECT id FROM cell_mappings WHERE name = ?', [name]);
    return Number(rows[0]?.['id']);
  } finally {
    await api.end();
  }
}

function hexOf(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
