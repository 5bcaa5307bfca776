import { groupBy } from '../../common/group-by.js';
import { inChunks } from '../../database/rows/write-rows.js';
import { asNova } from '../copy/copied-values.js';
import { partsOf } from '../copy/copy-id.js';
import { ACTION_COLUMNS, EVENT_COLUMNS, type NovaAction, type NovaEvent } from '../record/nova-rows.js';
import type { DatabaseInteger, Store } from '../record/record.js';
import type { FullAction, FullEvent, Outcome, ServerFacts, WrittenAction } from './full-action.js';

/** The parts of actions that a caller needs. */
export interface WantedParts {
  /** False to read no events. */
  readonly events: boolean;
  /** False to read the tracebacks and details of events as null. They may be long. */
  readonly longTexts?: boolean;
}

/** The indexes of events by the id of their action, by the prefix of the table. */
export const EVENT_INDEXES = {
  '': 'instance_actions_events_action_id_created_at_idx',
  copied_: 'copied_events_action_idx',
} as const;

type Row = Readonly<Record<string, unknown>>;

/** The source of actions: the copy, or the tables of the store itself. */
interface Source {
  readonly prefix: 'copied_' | '';
  /**
   * The names of the indexes that MariaDB must use. Without them, it would read small tables completely, with the rows
   * of all projects.
   */
  readonly indexes: { readonly servers: string; readonly events: string };
  /** The columns of `ServerFacts` that the table of servers has. */
  readonly serverColumns: readonly (keyof ServerFacts)[];
  /** The other columns of an action, and the joins that they need. */
  readonly columns: string;
  readonly joins: string;
}

const COMMON_FACTS = [
  ...(['uuid', 'project_id', 'user_id', 'display_name', 'created_at', 'deleted_at', 'deleted'] as const),
];
const NOVA_FACTS = ['availability_zone', 'vm_state', 'launched_at', 'terminated_at'] as const;

const COPY: Source = {
  prefix: 'copied_',
  indexes: { servers: 'copied_instances_uuid_idx', events: EVENT_INDEXES.copied_ },
  serverColumns: [...COMMON_FACTS, ...NOVA_FACTS],
  columns: 'action.position AS position',
  joins: '',
};

/** The record has no index by action, so the position comes from the row of the search. */
const OWN: Source = {
  prefix: '',
  indexes: { servers: 'instances_uuid_idx', events: EVENT_INDEXES[''] },
  serverColumns: [...COMMON_FACTS, 'availability_zone', 'launched_at'],
  columns: 'search.position AS position, written.outcome, written.writer, written.external_id',
  joins: `LEFT JOIN search_actions search ON search.id = action.id
    LEFT JOIN written_actions written ON written.action_id = action.id`,
};

const LONG_TEXTS: readonly string[] = ['traceback', 'details'];

/**
 * Reads actions with their events and servers, of the copy and of the store itself. Leaves out the actions that the
 * service does not show: rows of another cell for the same action, for example.
 *
 * @param copyIds the ids of the actions in the copy
 * @returns the actions by their ids in the copy, in no particular order. The events are in the order of their ids
 */
export async function readActions(
  store: Store,
  copyIds: readonly number[],
  parts: WantedParts,
): Promise<ReadonlyMap<number, FullAction>> {
  const isOwn = (id: number): boolean => partsOf(id).cell === 0;
  return new Map([
    ...(await readFrom(store, OWN, copyIds.filter(isOwn), parts)),
    ...(await readFrom(
      store,
      COPY,
      copyIds.filter((id) => !isOwn(id)),
      parts,
    )),
  ]);
}

/** Returns the columns of an event, for example for the body of an entry. */
export function novaEventOf(event: FullEvent): NovaEvent {
  return Object.fromEntries(EVENT_COLUMNS.map((column) => [column, event[column]])) as unknown as NovaEvent;
}

async function readFrom(
  store: Store,
  source: Source,
  copyIds: readonly number[],
  parts: WantedParts,
): Promise<(readonly [copyId: number, action: FullAction])[]> {
  const rows = await inChunks(copyIds, (chunk, marks) =>
    store.query<Row[]>(selectActions(source, marks), chunk),
  );
  const shown = rows.map(({ id }) => Number(id));
  const events = parts.events
    ? await readEvents(store, source, shown, parts)
    : new Map<number, FullEvent[]>();
  return rows.map((row) => {
    const action = actionOf(source, row, events.get(Number(row['id'])) ?? []);
    return [action.copyId, action];
  });
}

function selectActions({ prefix, indexes, serverColumns, columns, joins }: Source, marks: string): string {
  const action = ACTION_COLUMNS.map((column) => `action.${column}`);
  const server = serverColumns.map((column) => `server.${column} AS server_${column}`);
  // A row of the copy that the service hides has no `uuid`, so at most one row of a server matches.
  return `SELECT ${[...action, ...server].join(', ')}, ${columns}
    FROM ${prefix}instance_actions action ${forced('PRIMARY')}
    LEFT JOIN ${prefix}instances server ${forced(indexes.servers)} ON server.uuid = action.instance_uuid ${joins}
    WHERE action.id IN (${marks}) AND action.deleted = 0`;
}

/** Returns the part of a statement that makes MariaDB use an index. SQLite treats it as a comment. */
function forced(index: string): string {
  return `/*! FORCE INDEX (${index}) */`;
}

async function readEvents(
  store: Store,
  { prefix, indexes }: Source,
  actionIds: readonly number[],
  { longTexts = true }: WantedParts,
): Promise<Map<number, FullEvent[]>> {
  const columns = EVENT_COLUMNS.map((column) =>
    !longTexts && LONG_TEXTS.includes(column) ? `NULL AS ${column}` : column,
  );
  const rows = await inChunks(actionIds, (chunk, marks) =>
    store.query<Row[]>(
      `SELECT ${columns.join(', ')} FROM ${prefix}instance_actions_events ${forced(indexes.events)}
      WHERE action_id IN (${marks}) AND deleted = 0 ORDER BY action_id, id`,
      chunk,
    ),
  );
  const byAction = groupBy(rows, (row) => Number(row['action_id']));
  return new Map([...byAction].map(([id, ofAction]) => [id, ofAction.map(eventOf)]));
}

function actionOf(source: Source, row: Row, events: readonly FullEvent[]): FullAction {
  const copyId = Number(row['id']);
  const { cell, epoch } = partsOf(copyId);
  const position = Number(row['position'] ?? 0);
  return {
    ...{ copyId, cell, epoch, events },
    position: position === 0 ? null : position,
    action: novaRow(row, ACTION_COLUMNS) as unknown as NovaAction,
    server: serverOf(source, row),
    written: writtenOf(row),
  };
}

function eventOf(row: Row): FullEvent {
  const event = novaRow(row, EVENT_COLUMNS) as unknown as NovaEvent;
  const actionId = partsOf(Number(row['action_id'])).id;
  return { ...event, action_id: actionId, copyId: Number(row['id']) };
}

function serverOf({ serverColumns }: Source, row: Row): ServerFacts | undefined {
  if (row['server_uuid'] === null) return undefined;
  const known = serverColumns.map((column) => [column, asNova(row[`server_${column}`])]);
  const unknown = NOVA_FACTS.map((column) => [column, null]);
  const facts = Object.fromEntries([...unknown, ...known]) as ServerFacts;
  return { ...facts, deleted: numberOf(facts.deleted) };
}

function writtenOf({ writer, outcome, external_id }: Row): WrittenAction | undefined {
  if (typeof writer !== 'string') return undefined;
  const externalId = (external_id as Buffer | null)?.toString() ?? null;
  return { outcome: outcome as Outcome | null, writer, externalId };
}

/** Returns a row as Nova has it: with Nova's ids, and with times in whole seconds if they have no fraction. */
function novaRow<Column extends string>(row: Row, columns: readonly Column[]): Record<Column, unknown> {
  const values = Object.fromEntries(columns.map((column) => [column, asNova(row[column])]));
  const ids = {
    id: partsOf(Number(row['id'])).id,
    deleted: numberOf(row['deleted'] as DatabaseInteger | null),
  };
  return { ...values, ...ids } as Record<Column, unknown>;
}

function numberOf(value: DatabaseInteger | null): number | null {
  return value === null ? null : Number(value);
}
