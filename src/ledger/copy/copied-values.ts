import type { TableName } from '../cells/cell-states.js';
import { COPIED } from './copied-rows.js';
import { copyId, partsOf } from './copy-id.js';
import type { Store } from '../record/record.js';
import { EVENT_COLUMNS, type NovaEvent } from '../record/nova-rows.js';
import { inChunks } from '../../database/rows/write-rows.js';

/** A row of the copy, as the driver returns it. */
export type CopiedRow = Readonly<Record<string, unknown>>;

/** An event with its id and the id of its action in the copy. */
export interface StoredEvent {
  readonly copyId: number;
  readonly actionCopyId: number | null;
  readonly event: NovaEvent;
}

/** Returns the events in the copy whose column `key` has one of the values, by ascending id. */
export async function copiedEvents(
  store: Store,
  key: 'id' | 'action_id',
  copyIds: readonly number[],
): Promise<StoredEvent[]> {
  const rows = await inChunks(copyIds, (chunk, marks) =>
    store.query<CopiedRow[]>(
      `SELECT ${EVENT_COLUMNS.join(', ')} FROM ${COPIED.events} WHERE ${key} IN (${marks}) ORDER BY id`,
      chunk,
    ),
  );
  return rows.map((row) => {
    const [id, actionId] = [Number(row['id']), row['action_id'] === null ? null : Number(row['action_id'])];
    const event = Object.fromEntries(EVENT_COLUMNS.map((name) => [name, asNova(row[name])]));
    const ids = { id: partsOf(id).id, action_id: actionId === null ? null : partsOf(actionId).id };
    const deleted = row['deleted'] === null ? null : Number(row['deleted']);
    return { copyId: id, actionCopyId: actionId, event: { ...event, ...ids, deleted } as NovaEvent };
  });
}

/** Returns the values of columns of rows of the copy, by their ids in the copy. */
export async function copiedRows(
  store: Store,
  table: TableName,
  columns: readonly string[],
  copyIds: readonly number[],
): Promise<Map<number, CopiedRow>> {
  const rows = await inChunks(copyIds, (chunk, marks) =>
    store.query<CopiedRow[]>(
      `SELECT ${['id', ...columns].join(', ')} FROM ${COPIED[table]} WHERE id IN (${marks})`,
      chunk,
    ),
  );
  return new Map(rows.map((row) => [Number(row['id']), row]));
}

/** Returns the projects that own servers, by the UUIDs of the servers. */
export async function copiedProjects(
  store: Store,
  cell: number,
  uuids: readonly string[],
): Promise<Map<string, string | null>> {
  const rows = await inChunks(uuids, (chunk, marks) =>
    store.query<{ server_uuid: string; project_id: string | null }[]>(
      `SELECT server_uuid, project_id FROM ${COPIED.servers} WHERE cell = ? AND server_uuid IN (${marks})`,
      [cell, ...chunk],
    ),
  );
  return new Map(rows.map((row) => [row.server_uuid, row.project_id]));
}

/** The ids `[from, to]` of one epoch of a cell. */
interface IdRange {
  readonly cell: number;
  readonly epoch: number;
  readonly from: number;
  readonly to: number;
}

function boundsOf({ cell, epoch, from, to }: IdRange): number[] {
  return [copyId({ cell, epoch, id: from }), copyId({ cell, epoch, id: to })];
}

/** Returns the highest of Nova's ids in the range that the copy has. */
export function highestCopied(store: Store, table: TableName, range: IdRange): Promise<number | undefined> {
  return outermostCopied(store, 'MAX', table, range);
}

/** Returns the lowest of Nova's ids in the range that the copy has. */
export function lowestCopied(store: Store, table: TableName, range: IdRange): Promise<number | undefined> {
  return outermostCopied(store, 'MIN', table, range);
}

async function outermostCopied(
  store: Store,
  outermost: 'MIN' | 'MAX',
  table: TableName,
  range: IdRange,
): Promise<number | undefined> {
  const [row] = await store.query<{ id: number | string | null }[]>(
    `SELECT ${outermost}(id) AS id FROM ${COPIED[table]} WHERE id BETWEEN ? AND ?`,
    boundsOf(range),
  );
  return row?.id == null ? undefined : partsOf(Number(row.id)).id;
}

/** Returns the values of columns of the rows of one epoch with ids in `[from, to]`, by Nova's ids. */
export async function copiedBetween(
  store: Store,
  table: TableName,
  columns: readonly string[],
  range: IdRange,
): Promise<Map<number, CopiedRow>> {
  const rows = await store.query<CopiedRow[]>(
    `SELECT ${['id', ...columns].join(', ')} FROM ${COPIED[table]} WHERE id BETWEEN ? AND ? ORDER BY id`,
    boundsOf(range),
  );
  return new Map(rows.map((row) => [partsOf(Number(row['id'])).id, row]));
}

/**
 * Converts a value of the copy to the same value in Nova's tables: the copy's times have microseconds, and Nova's have
 * whole seconds.
 */
export function asNova(value: unknown): unknown {
  return typeof value === 'string' && ZERO_FRACTION.test(value) ? value.slice(0, 19) : value;
}

const ZERO_FRACTION = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.000000$/;
