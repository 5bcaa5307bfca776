import { inChunks } from '../../database/rows/write-rows.js';
import { State } from '../actions/action-status.js';
import { copyId, partsOf } from '../copy/copy-id.js';
import type { Entry } from '../record/entry.js';
import type { DatabaseInteger, Store } from '../record/record.js';
import { codeOf, projectCode } from './codes.js';

/** The ids in the copy of actions, each with the position of its newest entry if it is an action of the store itself. */
export type ChangedActions = Map<number, number | undefined>;

/** An entry without its body. */
export type EntryHead = Pick<
  Entry,
  'position' | 'recordedAt' | 'kind' | 'cell' | 'epoch' | 'novaId' | 'serverUuid' | 'projectId'
>;

type HeadRow = Readonly<Record<'position' | 'cell' | 'epoch', DatabaseInteger>> & {
  readonly recorded_at: string;
  readonly kind: Entry['kind'];
  readonly nova_id: DatabaseInteger | null;
  readonly server_uuid: string | null;
  readonly project_id: string | null;
};

/** The number of servers in one statement. */
const MAX_SERVERS = 100;

/** Reads the entries after a position without their bodies, which may be long. */
export async function entryHeadsAfter(store: Store, position: number, limit: number): Promise<EntryHead[]> {
  const rows = await store.query<HeadRow[]>(
    `SELECT position, recorded_at, kind, cell, epoch, nova_id, server_uuid, project_id
    FROM entries WHERE position > ? ORDER BY position LIMIT ?`,
    [position, limit],
  );
  return rows.map((row) => ({
    ...{ position: Number(row.position), recordedAt: row.recorded_at, kind: row.kind },
    ...{ cell: Number(row.cell), epoch: Number(row.epoch) },
    novaId: row.nova_id === null ? null : Number(row.nova_id),
    ...{ serverUuid: row.server_uuid, projectId: row.project_id },
  }));
}

/** Returns the actions whose search rows may differ because of these entries. */
export async function changedActions(store: Store, entries: readonly EntryHead[]): Promise<ChangedActions> {
  const changed: ChangedActions = new Map();
  const servers = new Map<string, EntryHead>();
  for (const entry of entries) {
    const { kind, cell, novaId, serverUuid, position } = entry;
    if (kind === 'action' || kind === 'corrected') {
      if (novaId !== null) changed.set(copyId({ ...entry, id: novaId }), cell === 0 ? position : undefined);
    } else if (serverUuid !== null) servers.set(serverUuid, entry);
  }
  const copied = [...changed.keys()].filter((id) => partsOf(id).cell > 0);
  const uuids = [...servers.keys()];
  const others = [
    ...(await twinsOf(store, copied)),
    ...(await dependentOnServers(store, [...servers])),
    ...(await actionsOfServersWithSeveralRows(store, uuids)),
  ];
  for (const id of others) if (!changed.has(id)) changed.set(id, undefined);
  return changed;
}

/** Returns the other rows of actions in the copy. An entry about one of the rows may show one and hide the others. */
function twinsOf(store: Store, copyIds: readonly number[]): Promise<number[]> {
  return idsIn(
    store,
    copyIds,
    (marks) =>
      `SELECT twin.id FROM copied_instance_actions action JOIN copied_instance_actions twin
    ON twin.instance_uuid = action.instance_uuid AND twin.request_id = action.request_id AND twin.id <> action.id
    WHERE action.id IN (${marks})`,
  );
}

/** Returns the actions whose project or state depends on the facts of their servers. */
async function dependentOnServers(
  store: Store,
  servers: readonly (readonly [uuid: string, newest: EntryHead])[],
): Promise<number[]> {
  const condition = `server = ? AND (project <> ? OR state IN (${State.open}, ${State.empty}, ${State.unknown})
    OR action IN (${codeOf('action', 'create')}, ${codeOf('action', 'delete')}))`;
  const ids: number[] = [];
  for (let start = 0; start < servers.length; start += MAX_SERVERS) {
    const some = servers.slice(start, start + MAX_SERVERS);
    const rows = await store.query<{ id: DatabaseInteger }[]>(
      `SELECT id FROM search_actions WHERE ${some.map(() => `(${condition})`).join(' OR ')}`,
      some.flatMap(([uuid, { projectId }]) => [codeOf('server', uuid), projectCode(projectId)]),
    );
    ids.push(...rows.map(({ id }) => Number(id)));
  }
  return ids;
}

/** Returns all actions of the servers that have several rows. An entry about one of the rows may show another one. */
async function actionsOfServersWithSeveralRows(store: Store, uuids: readonly string[]): Promise<number[]> {
  const rows = await inChunks(uuids, (chunk, marks) =>
    store.query<{ server_uuid: string }[]>(
      `SELECT server_uuid FROM copied_instances WHERE server_uuid IN (${marks})
      GROUP BY server_uuid HAVING COUNT(*) > 1`,
      chunk,
    ),
  );
  const several = rows.map(({ server_uuid }) => server_uuid);
  return idsIn(
    store,
    several,
    (marks) => `SELECT id FROM copied_instance_actions WHERE instance_uuid IN (${marks})`,
  );
}

async function idsIn(
  store: Store,
  values: readonly (string | number)[],
  select: (marks: string) => string,
): Promise<number[]> {
  const rows = await inChunks(values, (chunk, marks) =>
    store.query<{ id: DatabaseInteger }[]>(select(marks), chunk),
  );
  return rows.map(({ id }) => Number(id));
}
