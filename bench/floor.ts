import Sqlite from 'better-sqlite3';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPool, type RowDataPacket } from 'mysql2';

/**
 * A minimal hand-written server. No server for the same requests can be much faster, so it shows the maximum speed. It
 * shows and lists actions in one database, with one query for each request. It has no authentication, policy,
 * microversions, cells or Nova error messages. The environment variable `FLOOR_DATABASE` contains the URL of the
 * database.
 */
const SHOW = `
  SELECT a.action, a.instance_uuid, a.request_id, a.user_id, a.project_id, a.start_time, a.message, a.updated_at,
    e.event, e.start_time AS event_start, e.finish_time, e.result, e.host, e.details
  FROM instance_actions a LEFT JOIN instance_actions_events e ON e.action_id = a.id AND e.deleted = 0
  WHERE a.deleted = 0 AND a.instance_uuid = ? AND a.request_id = ?
  ORDER BY a.created_at DESC, a.id DESC, e.created_at DESC, e.id DESC`;

const LIST = `
  SELECT action, instance_uuid, request_id, user_id, project_id, start_time, message, updated_at
  FROM instance_actions WHERE deleted = 0 AND instance_uuid = ? ORDER BY created_at DESC, id DESC LIMIT ?`;

type Row = Record<string, string> & Record<`${string}_${'time' | 'at' | 'start'}`, Date | string | null>;
type Query = (sql: string, values: unknown[], answer: (error: Error | null, rows: Row[]) => void) => void;

function openDatabase(address: string): Query {
  if (address.startsWith('sqlite://')) {
    const database = new Sqlite(address.slice('sqlite://'.length));
    const prepared = new Map([SHOW, LIST].map((sql) => [sql, database.prepare<unknown[], Row>(sql)]));
    return (sql, values, answer) => {
      answer(null, prepared.get(sql)?.all(...values) ?? []);
    };
  }
  const pool = createPool({ uri: address, connectionLimit: 10, timezone: 'Z' });
  return (sql, values, answer) => {
    pool.query<RowDataPacket[]>(sql, values, answer);
  };
}

function iso(time: Date | string | null | undefined): string | null {
  if (time === null || time === undefined) return null;
  const text = time instanceof Date ? time.toISOString() : time;
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.000000`;
}

function actionOf(row: Row): object {
  const { action, instance_uuid, request_id, user_id, project_id, start_time, message, updated_at } = row;
  const times = { start_time: iso(start_time), updated_at: iso(updated_at) };
  return { action, instance_uuid, request_id, user_id, project_id, message, ...times };
}

function eventOf({ project_id, event, event_start, finish_time, result, host, details }: Row): object {
  const hostId = createHash('sha224')
    .update(`${String(project_id)}${String(host)}`)
    .digest('hex');
  return { event, start_time: iso(event_start), finish_time: iso(finish_time), result, hostId, details };
}

const query = openDatabase(process.env.FLOOR_DATABASE ?? '');
const server = createServer((request, response) => {
  const [path = '', search = ''] = (request.url ?? '').split('?');
  const [, , , uuid = '', , requestId] = path.split('/');
  const limit = Number(new URLSearchParams(search).get('limit') ?? 1000);
  const [sql, values] = requestId === undefined ? [LIST, [uuid, limit]] : [SHOW, [uuid, requestId]];
  query(sql, values, (error, rows) => {
    const [first] = rows;
    const body =
      requestId === undefined
        ? { instanceActions: rows.map(actionOf) }
        : first && { instanceAction: { ...actionOf(first), events: rows.map(eventOf) } };
    const status = error !== null ? 500 : body === undefined ? 404 : 200;
    const text = JSON.stringify(body ?? {});
    response.writeHead(status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listens on http://127.0.0.1:${(server.address() as AddressInfo).port};\n`);
});
