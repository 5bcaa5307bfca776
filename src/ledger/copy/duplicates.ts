import type { EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by.js';
import { partsOf } from './copy-id.js';
import type { DatabaseInteger } from '../record/record.js';
import { Place } from '../record/entry.js';
import { inChunks } from '../../database/rows/write-rows.js';

interface ServerRow {
  readonly id: DatabaseInteger;
  readonly server_uuid: string;
  readonly uuid: string | null;
  readonly hidden: number | null;
  readonly place: Place;
  readonly deleted: DatabaseInteger | null;
  readonly position: DatabaseInteger;
}

interface ActionRow {
  readonly id: DatabaseInteger;
  readonly instance_uuid: string;
  readonly request_id: string | null;
  readonly action: string | null;
  readonly start_time: string | null;
  readonly created_at: string | null;
  readonly deleted: DatabaseInteger | null;
  readonly position: DatabaseInteger;
}

/**
 * Decides which rows of servers the service shows. During a resize to another cell, Nova has a server and its actions
 * in two cells. Ids that Nova assigned again can also lead to several rows for one server or action. The service shows
 * one of these rows. The function hides the others: it sets the `uuid` of a server to null, and the `deleted` of an
 * action to its id. The service shows a server as deleted if Nova's main table does not have it any more.
 *
 * @param written the UUIDs of servers whose own rows the transaction has written
 * @param others the UUIDs of other servers: the transaction has written only their actions
 * @param restored the UUIDs of the servers whose actions may have rows in several epochs
 */
export async function settleDuplicates(
  manager: EntityManager,
  written: readonly string[],
  others: readonly string[] = [],
  restored: readonly string[] = [],
): Promise<void> {
  const uuids = [...written, ...(await withSeveralRows(manager, others))];
  const shown = new Map<string, DatabaseInteger>();
  const doubled = new Set(restored.map(keyOf));
  const [hide, show, end]: [DatabaseInteger[], DatabaseInteger[], DatabaseInteger[]] = [[], [], []];
  for (const rows of (await serversOf(manager, uuids)).values()) {
    const [winner, ...hidden] = rows.toSorted(byRank);
    if (winner === undefined) continue;
    shown.set(keyOf(winner.server_uuid), winner.id);
    if (hidden.length > 0) doubled.add(keyOf(winner.server_uuid));
    if (winner.uuid === null) show.push(winner.id);
    hide.push(...hidden.filter(({ uuid }) => uuid !== null).map(({ id }) => id));
    end.push(...rows.filter(mustMarkDeleted).map(({ id }) => id));
  }
  await update(manager, 'copied_instances', 'uuid = NULL', hide);
  await update(manager, 'copied_instances', 'uuid = server_uuid', show);
  await update(manager, 'copied_instances', 'deleted = id', end);
  if (doubled.size > 0) await settleActions(manager, [...doubled], shown);
}

/**
 * Shows each action with the rows of one cell and epoch, and hides its other rows.
 *
 * @param shown the id of the shown row of each server
 */
async function settleActions(
  manager: EntityManager,
  uuids: readonly string[],
  shown: ReadonlyMap<string, DatabaseInteger>,
): Promise<void> {
  const [hide, show]: [DatabaseInteger[], DatabaseInteger[]] = [[], []];
  for (const rows of (await actionsOf(manager, uuids)).values()) {
    const rankByCell = ({ id, instance_uuid }: ActionRow): number => {
      const server = shown.get(keyOf(instance_uuid));
      return server !== undefined && partsOf(Number(server)).cell === partsOf(Number(id)).cell ? 1 : 0;
    };
    const [winner] = rows.toSorted(
      (one, other) => rankByCell(other) - rankByCell(one) || Number(other.position) - Number(one.position),
    );
    for (const { id, deleted } of rows) {
      const isShown = originOf(id) === originOf(winner?.id ?? id);
      // A hidden row has its own id in `deleted`. Nova's values there are smaller than all ids of the copy.
      if (isShown && Number(deleted) === Number(id)) show.push(id);
      else if (!isShown && Number(deleted) === 0) hide.push(id);
    }
  }
  await update(manager, 'copied_instance_actions', 'deleted = id', hide);
  await update(manager, 'copied_instance_actions', 'deleted = 0', show);
}

/** Returns the UUIDs of the servers that have several rows. Most have one row, so the query reads only the index. */
async function withSeveralRows(manager: EntityManager, uuids: readonly string[]): Promise<string[]> {
  const rows = await inChunks(uuids, (chunk, marks) =>
    manager.query<Pick<ServerRow, 'server_uuid'>[]>(
      `SELECT server_uuid FROM copied_instances WHERE server_uuid IN (${marks}) GROUP BY server_uuid HAVING COUNT(*) > 1`,
      chunk,
    ),
  );
  return rows.map(({ server_uuid }) => server_uuid);
}

async function serversOf(
  manager: EntityManager,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, ServerRow[]>> {
  const columns = 'id, server_uuid, uuid, hidden, place, deleted, position';
  const select = `SELECT ${columns} FROM copied_instances WHERE server_uuid`;
  const rows = await rowsAbout<ServerRow>(manager, select, uuids);
  return groupBy(rows, ({ server_uuid }) => keyOf(server_uuid));
}

async function actionsOf(
  manager: EntityManager,
  uuids: readonly string[],
): Promise<ReadonlyMap<string, ActionRow[]>> {
  const columns = 'id, instance_uuid, request_id, action, start_time, created_at, deleted, position';
  const select = `SELECT ${columns} FROM copied_instance_actions WHERE instance_uuid`;
  const rows = await rowsAbout<ActionRow>(manager, select, uuids);
  return groupBy(rows, ({ instance_uuid, request_id, action, start_time, created_at }) =>
    JSON.stringify([keyOf(instance_uuid), request_id, action, start_time, created_at]),
  );
}

/** Returns the rows about servers. @param select a SELECT that ends with the column of the UUIDs */
function rowsAbout<Row>(manager: EntityManager, select: string, uuids: readonly string[]): Promise<Row[]> {
  return inChunks(uuids, (chunk, marks) => manager.query<Row[]>(`${select} IN (${marks})`, chunk));
}

/** Compares two rows of a server: the row to show comes first. */
function byRank(one: ServerRow, other: ServerRow): number {
  return rankOf(other) - rankOf(one) || Number(other.position) - Number(one.position);
}

function rankOf({ hidden, place }: ServerRow): number {
  return Number(hidden) === 0 && place !== Place.removed ? 1 : 0;
}

/** Returns true if Nova has moved or deleted the row of a server without marking it as deleted. */
function mustMarkDeleted({ place, deleted }: ServerRow): boolean {
  return place !== Place.main && Number(deleted) === 0;
}

/** Returns a text with the cell and the epoch of a row. */
function originOf(id: DatabaseInteger): string {
  const { cell, epoch } = partsOf(Number(id));
  return `${cell}/${epoch}`;
}

/** Returns a UUID in lower case. In the tables of the copy, MariaDB and SQLite compare UUIDs without regard to case. */
function keyOf(uuid: string): string {
  return uuid.toLowerCase();
}

async function update(
  manager: EntityManager,
  table: string,
  change: string,
  ids: DatabaseInteger[],
): Promise<void> {
  await inChunks(ids, async (chunk, marks) => {
    await manager.query(`UPDATE ${table} SET ${change} WHERE id IN (${marks})`, chunk);
    return [];
  });
}
