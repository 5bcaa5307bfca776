import type { EntityManager } from 'typeorm';
import { copyId } from './copy-id.js';
import { fingerprintOf } from '../record/entry-body.js';
import type { ActionBody, Entry, ServerBody } from '../record/entry.js';
import { ACTION_COLUMNS, EVENT_COLUMNS, type NovaEvent, SERVER_COLUMNS } from '../record/nova-rows.js';
import { upsertRows } from '../../database/rows/write-rows.js';

/** An entry that `project` copies into rows of the copy. */
export type EntryWithRows = Extract<Entry, { kind: 'action' | 'corrected' | 'server' }>;

/** The tables of the copy. */
export const COPIED = {
  actions: 'copied_instance_actions',
  events: 'copied_instance_actions_events',
  servers: 'copied_instances',
} as const;

const ACTION = ACTION_COLUMNS.filter((column) => column !== 'id');
const EVENT = EVENT_COLUMNS.filter((column) => column !== 'id' && column !== 'action_id');
const SERVER = SERVER_COLUMNS.filter((column) => column !== 'id');

/** The columns that depend on the newest entry of any kind about the row, not only on entries about the row alone. */
const TOUCHED = ['place', 'touched'];
const RECORD_COLUMNS = [...TOUCHED, 'fingerprint', 'position'];

/** Writes the rows of actions. Does not change a row that a newer entry has written. */
export function writeActions(manager: EntityManager, entries: readonly EntryWithRows[]): Promise<void> {
  const rows = entries.flatMap((entry) => {
    if (entry.kind === 'server') return [];
    const { cell, epoch, body } = entry;
    return [
      [
        copyId({ cell, epoch, id: body.action.id }),
        ...valuesOf(body.action, ACTION),
        ...recordValuesOf(entry, body),
      ],
    ];
  });
  return upsert(manager, COPIED.actions, ['id', ...ACTION, ...RECORD_COLUMNS], rows);
}

/** Writes the rows of servers. Does not change a row that a newer entry has written. */
export function writeServers(manager: EntityManager, entries: readonly EntryWithRows[]): Promise<void> {
  const rows = entries.flatMap((entry) => {
    if (entry.kind !== 'server') return [];
    const { cell, epoch, body } = entry;
    const values = [...valuesOf(body.server, SERVER), body.server.uuid, cell];
    return [[copyId({ cell, epoch, id: body.server.id }), ...values, ...recordValuesOf(entry, body)]];
  });
  const columns = ['id', ...SERVER, 'server_uuid', 'cell', ...RECORD_COLUMNS];
  return upsert(manager, COPIED.servers, columns, rows, ['uuid']);
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
    ...valuesOf(event, EVENT),
    position,
  ]);
  return upsert(manager, COPIED.events, ['id', 'action_id', ...EVENT, 'touched'], rows);
}

/**
 * Inserts rows. If a row exists, changes a column only if the `touched` or `position` of the new row, which guards this
 * column, is not lower than that of the existing row.
 *
 * @param inserted the columns that are only inserted: they do not change if the row exists
 */
function upsert(
  manager: EntityManager,
  table: string,
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
  inserted: readonly string[] = [],
): Promise<void> {
  const position = columns.includes('position') ? 'position' : 'touched';
  const changed = columns.filter((column) => column !== 'id' && !inserted.includes(column));
  // MariaDB assigns the columns from left to right, so the columns that the conditions read must come last.
  const inOrder = [...changed.filter((column) => column !== 'touched' && column !== position)];
  return upsertRows(manager, table, columns, rows, 'id', (given) =>
    [...inOrder, ...new Set(['touched', position])].map((column) => {
      const guard = TOUCHED.includes(column) ? 'touched' : position;
      const isNewer = `${given(guard)} >= ${table}.${guard}`;
      return `${column} = CASE WHEN ${isNewer} THEN ${given(column)} ELSE ${table}.${column} END`;
    }),
  );
}

function recordValuesOf({ position, text }: Entry, body: ActionBody | ServerBody): unknown[] {
  return [body.place, position, fingerprintOf(body, text), position];
}

function valuesOf<Row>(row: Row, columns: readonly (keyof Row)[]): unknown[] {
  return columns.map((column) => row[column] ?? null);
}
