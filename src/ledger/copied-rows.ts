import type { EntityManager } from 'typeorm';
import { copyId, type NovaId } from './copy-id.js';
import { fingerprintOf } from './entry-body.js';
import type { ActionBody, Entry, ServerBody } from './entry.js';
import type { NovaAction, NovaEvent, NovaServer } from './nova-rows.js';
import { insertRows } from './write-rows.js';

/** An entry from which rows of the copy are made. */
export type EntryWithRows = Extract<Entry, { kind: 'action' | 'corrected' | 'server' }>;

const TIMES = ['created_at', 'updated_at', 'deleted_at', 'deleted'] as const;

const ACTION = [
  ...['instance_uuid', 'request_id', 'action', 'user_id', 'project_id', 'message'],
  ...['start_time', 'finish_time', ...TIMES],
] as (keyof NovaAction)[];

/** The columns of an event other than its ids. */
export const EVENT_COLUMNS = [
  ...['event', 'host', 'result', 'traceback', 'details', 'start_time', 'finish_time', ...TIMES],
] as readonly (keyof NovaEvent)[];

const SERVER = [
  ...['uuid', 'project_id', 'user_id', 'display_name', 'host', 'node', 'availability_zone'],
  ...['instance_type_id', 'flavor', 'vm_state', 'task_state', 'power_state', 'hidden', 'locked', 'locked_by'],
  ...['launched_at', 'terminated_at', ...TIMES],
] as (keyof NovaServer)[];

/** The columns that depend on the newest entry of any kind about the row, not only on entries about the row alone. */
const TOUCHED = ['place', 'touched'];
const RECORD_COLUMNS = [...TOUCHED, 'fingerprint', 'position'];

/** Writes the rows of actions. Does not change a row that a newer entry has written. */
export function writeActions(manager: EntityManager, entries: readonly EntryWithRows[]): Promise<void> {
  const rows = entries.flatMap((entry) => {
    if (entry.kind === 'server') return [];
    const { body } = entry;
    return [[idOf(entry, body.action.id), ...valuesOf(body.action, ACTION), ...recordValuesOf(entry, body)]];
  });
  return upsert(manager, 'copied_instance_actions', ['id', ...ACTION, ...RECORD_COLUMNS], rows);
}

/** Writes the rows of servers. Does not change a row that a newer entry has written. */
export function writeServers(manager: EntityManager, entries: readonly EntryWithRows[]): Promise<void> {
  const rows = entries.flatMap((entry) => {
    if (entry.kind !== 'server') return [];
    const { cell, body } = entry;
    const values = [...valuesOf(body.server, SERVER), body.server.uuid, cell];
    return [[idOf(entry, body.server.id), ...values, ...recordValuesOf(entry, body)]];
  });
  return upsert(
    manager,
    'copied_instances',
    ['id', ...SERVER, 'server_uuid', 'cell', ...RECORD_COLUMNS],
    rows,
    ['uuid'],
  );
}

/** An event to write into the copy. */
export interface CopiedEvent {
  /** The id of the event in the copy. */
  readonly id: number;
  /** The id of its action in the copy; null if the copy cannot have such an id. */
  readonly actionId: number | null;
  readonly event: NovaEvent;
  /** The position of the entry that contains the event; 0 if no entry contains it yet. */
  readonly position: number;
}

/** Writes the rows of events. Does not change a row that a newer entry has written. */
export function writeEvents(manager: EntityManager, events: readonly CopiedEvent[]): Promise<void> {
  const rows = events.map(({ id, actionId, event, position }) => [
    id,
    actionId,
    ...valuesOf(event, EVENT_COLUMNS),
    position,
  ]);
  return upsert(
    manager,
    'copied_instance_actions_events',
    ['id', 'action_id', ...EVENT_COLUMNS, 'touched'],
    rows,
  );
}

/**
 * Inserts rows. If a row exists, changes only the columns for which the given row has the same or a higher `touched` or
 * `position`.
 *
 * @param inserted the columns that do not change if the row exists
 */
function upsert(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  inserted: readonly string[] = [],
): Promise<void> {
  const isFile = manager.dataSource.options.type === 'better-sqlite3';
  const given = (column: string): string => (isFile ? `excluded.${column}` : `VALUES(${column})`);
  const position = columns.includes('position') ? 'position' : 'touched';
  const changed = columns.filter((column) => column !== 'id' && !inserted.includes(column));
  // MariaDB assigns from the left to the right, so the columns that the conditions read are the last ones.
  const inOrder = [...changed.filter((column) => column !== 'touched' && column !== position)];
  const assignments = [...inOrder, ...new Set(['touched', position])].map((column) => {
    const guard = TOUCHED.includes(column) ? 'touched' : position;
    const isNewer = `${given(guard)} >= ${table}.${guard}`;
    return `${column} = CASE WHEN ${isNewer} THEN ${given(column)} ELSE ${table}.${column} END`;
  });
  const onDuplicate = isFile ? 'ON CONFLICT (id) DO UPDATE SET' : 'ON DUPLICATE KEY UPDATE';
  return insertRows(manager, table, columns, rows, ` ${onDuplicate} ${assignments.join(', ')}`);
}

function idOf({ cell, epoch }: Omit<NovaId, 'id'>, id: number): number {
  return copyId({ cell, epoch, id });
}

function recordValuesOf({ position, text }: Entry, body: ActionBody | ServerBody): unknown[] {
  return [body.place, position, fingerprintOf(body, text), position];
}

function valuesOf<Row>(row: Row, columns: readonly (keyof Row)[]): unknown[] {
  return columns.map((column) => row[column] ?? null);
}
