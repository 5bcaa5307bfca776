import type { EntityManager } from 'typeorm';
import { groupBy } from '../common/group-by.js';
import { inChunks, insertRows, insertRowsWithIds } from '../database/rows/write-rows.js';
import type { FullAction, FullEvent, Outcome, ServerFacts } from '../ledger/actions/full-action.js';
import { Place } from '../ledger/record/entry.js';
import { ACTION_COLUMNS, EVENT_COLUMNS } from '../ledger/record/nova-rows.js';
import { append } from '../ledger/record/record.js';
import { searchRow } from '../ledger/search/search-row.js';
import { writeSearchRows } from '../ledger/search/write-search-rows.js';
import { DifferentContent } from './recording-failures.js';
import type { UnsavedAction, UnsavedEvent } from './written-action.js';

/** The store's own actions have no cell and only one epoch. */
const OWN = { cell: 0, epoch: 0 } as const;

const NEW_ACTION = ACTION_COLUMNS.filter((column) => column !== 'id');
const NEW_EVENT = EVENT_COLUMNS.filter((column) => column !== 'id');
const WRITTEN_ACTION = ['action_id', 'writer', 'external_id', 'outcome', 'digest'];
const WRITTEN_EVENT = ['event_id', 'action_id', 'external_id', 'digest'];

/**
 * The tables with ids that services choose. `id` is the column with the id of the row. A chosen id is unique among the
 * rows with the same value of the column `scope`.
 */
const KNOWN = {
  written_actions: { id: 'action_id', scope: 'writer' },
  written_events: { id: 'event_id', scope: 'action_id' },
} as const;

/**
 * Returns the ids of the rows of earlier requests, by the ids that the service has chosen.
 *
 * @param scope the user of the service, or the id of the action
 * @throws DifferentContent if a row has another content
 */
export async function knownOf(
  manager: EntityManager,
  table: keyof typeof KNOWN,
  scope: string | number,
  unsaved: readonly Pick<UnsavedEvent, 'externalId' | 'digest'>[],
): Promise<ReadonlyMap<string, number>> {
  const chosen = new Map(
    unsaved.flatMap(({ externalId, digest }) => (externalId === null ? [] : [[externalId, digest]])),
  );
  const known = await storedRows(manager, table, scope, [...chosen.keys()]);
  const different = known.filter(({ externalId, digest }) => chosen.get(externalId) !== digest);
  if (different.length > 0) throw new DifferentContent(different.map(({ externalId }) => externalId));
  return new Map(known.map(({ externalId, id }) => [externalId, id]));
}

/** A row of an earlier request. */
interface StoredRow {
  readonly id: number;
  readonly externalId: string;
  readonly digest: string;
}

/** Returns the rows of earlier requests. @param scope as in `knownOf` */
export async function storedRows(
  manager: EntityManager,
  table: keyof typeof KNOWN,
  scope: string | number,
  externalIds: readonly string[],
): Promise<StoredRow[]> {
  const { id, scope: column } = KNOWN[table];
  const rows = await inChunks(externalIds, (chunk, marks) =>
    manager.query<{ id: number | string; external_id: Buffer; digest: string }[]>(
      `SELECT ${id} AS id, external_id, digest FROM ${table} WHERE ${column} = ? AND external_id IN (${marks})`,
      [scope, ...chunk.map((externalId) => Buffer.from(externalId))],
    ),
  );
  return rows.map((row) => ({
    id: Number(row.id),
    externalId: row.external_id.toString(),
    digest: row.digest,
  }));
}

/** Inserts new actions with their events. @param servers by UUID @returns the actions, which have no entry yet */
export async function insertActions(
  manager: EntityManager,
  writer: string,
  actions: readonly UnsavedAction[],
  servers: ReadonlyMap<string, ServerFacts>,
): Promise<FullAction[]> {
  const rows = actions.map(({ row }) => NEW_ACTION.map((column) => row[column]));
  const ids = await insertRowsWithIds(manager, 'instance_actions', NEW_ACTION, rows, 'request_id');
  const inserted = actions.map((action, index) => ({ ...action, id: ids[index] ?? 0 }));
  const events = await insertEvents(
    manager,
    inserted.flatMap(({ id, events: ofAction }) => ofAction.map((event) => ({ ...event, actionId: id }))),
  );
  const byAction = groupBy(events, (event) => event.action_id);
  const written = inserted.map(({ id, externalId, outcome, digest }) => [
    ...[id, writer, bytesOf(externalId), outcome, digest],
  ]);
  await insertRows(manager, 'written_actions', WRITTEN_ACTION, written);
  return inserted.map(({ id, row, outcome, externalId }) => ({
    ...OWN,
    copyId: id,
    position: null,
    action: { id, ...row },
    events: byAction.get(id) ?? [],
    server: servers.get(row.instance_uuid ?? ''),
    written: { outcome, writer, externalId },
  }));
}

/** Inserts new events of actions that exist. */
export async function insertEvents(
  manager: EntityManager,
  events: readonly (UnsavedEvent & { readonly actionId: number })[],
): Promise<FullEvent[]> {
  const full = events.map(({ row, actionId }) => ({ ...row, action_id: actionId }));
  const rows = full.map((row) => NEW_EVENT.map((column) => row[column]));
  const ids = await insertRowsWithIds(manager, 'instance_actions_events', NEW_EVENT, rows, 'action_id');
  const written = events.flatMap(({ externalId, actionId, digest }, index) =>
    externalId === null ? [] : [[ids[index], actionId, bytesOf(externalId), digest]],
  );
  await insertRows(manager, 'written_events', WRITTEN_EVENT, written);
  return full.map((row, index) => {
    const id = ids[index] ?? 0;
    return { id, copyId: id, ...row };
  });
}

/**
 * Appends an entry about each action to the record, and writes their search rows. From then on, other transactions that
 * append must wait for this one, so all other rows must be written before.
 *
 * @returns the actions with the positions of their entries
 */
export async function appendWritten(
  manager: EntityManager,
  actions: readonly FullAction[],
): Promise<FullAction[]> {
  const entries = actions.map(({ action, events, server, written, position }) => ({
    ...({ kind: 'action', ...OWN, novaId: action.id, serverUuid: action.instance_uuid } as const),
    projectId: server?.project_id ?? null,
    previous: position,
    body: {
      action: sortedRow(ACTION_COLUMNS, action),
      events: events.map((event) => sortedRow(EVENT_COLUMNS, event)),
      place: Place.main,
      ...(written && { written: bodyOf(written) }),
    },
  }));
  const appended = await append(manager, entries);
  const full = actions.map((action, index) => ({ ...action, position: appended[index]?.position ?? null }));
  const rows = full.map((action) => searchRow(action.copyId, action, action.position ?? 0));
  const isNew = actions.every(({ position }) => position === null);
  await writeSearchRows(manager, rows, isNew);
  return full;
}

/** Returns the columns of a row in the order of their names, so that `bodyText` needs no sorted copy of it. */
function sortedRow<Column extends string, Row extends Readonly<Record<Column, unknown>>>(
  columns: readonly Column[],
  row: Row,
): Pick<Row, Column> {
  const sorted = {} as Pick<Row, Column>;
  for (const column of columns) sorted[column] = row[column];
  return sorted;
}

function bodyOf({ externalId, outcome, writer }: NonNullable<FullAction['written']>) {
  return { external_id: externalId, outcome, writer };
}

/** Returns the ids of a service as the store has them: as bytes, which a database compares exactly. */
function bytesOf(externalId: string | null): Buffer | null {
  return externalId === null ? null : Buffer.from(externalId);
}

/**
 * Locks an action that a service has recorded, until the end of the transaction. It must be the first statement of the
 * transaction, so that the following ones read the newest rows.
 *
 * The function changes the row, because Galera detects conflicting changes on other nodes, but no locks of rows there.
 *
 * @returns the user of the service; undefined if no service has recorded the action
 */
export async function lockWritten(manager: EntityManager, actionId: number): Promise<string | undefined> {
  await manager.query('UPDATE written_actions SET uses = uses + 1 WHERE action_id = ?', [actionId]);
  const select = 'SELECT writer FROM written_actions WHERE action_id = ?';
  const [row] = await manager.query<{ writer: string }[]>(select, [actionId]);
  return row?.writer;
}

/** Sets the status that the service states for an action. */
export async function setOutcome(manager: EntityManager, actionId: number, outcome: Outcome): Promise<void> {
  await manager.query('UPDATE written_actions SET outcome = ? WHERE action_id = ?', [outcome, actionId]);
}
