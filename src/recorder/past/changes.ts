import { groupBy } from '../../common/group-by.js';
import { horizonOf, isForgotten, type Times } from '../../ledger/age.js';
import type { TableName } from '../../ledger/cell-states.js';
import { copyId, partsOf } from '../../ledger/copy-id.js';
import { fingerprintOf } from '../../ledger/entry-body.js';
import { type ActionBody, type NewEntry, Place, type ServerBody } from '../../ledger/entry.js';
import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/nova-rows.js';
import type { CellContext, KnownRow } from '../cell-context.js';
import { copiedRows, queryStore } from './copied.js';
import { copiedIdentity, isOtherRow } from './identities.js';
import { type VanishedRow, vanishedEntries } from './past-entries.js';

/** The projects that own servers, by the UUIDs of the servers. */
export type Projects = ReadonlyMap<string, string | null>;

/** Rows of one snapshot of Nova. */
export interface NovaRows {
  /** The last position of the record before the snapshot. */
  readonly head: number;
  readonly place: Place.main | Place.shadow;
  readonly actions?: readonly NovaAction[];
  /** The events of the actions, by ascending id. */
  readonly events?: readonly NovaEvent[];
  readonly servers?: readonly NovaServer[];
  readonly projects: Projects;
}

/** The error if Nova has assigned the id of a known row to another row. */
export class IdsReused extends Error {
  constructor(
    readonly table: TableName,
    readonly id: number,
  ) {
    super(`Nova has given the id ${id} of ${table} again`);
  }
}

/**
 * Compares rows of Nova with the copy, and returns the entries for the differences. Skips rows that the recorder has
 * read later than these, and rows that are too old for the copy. Call it inside of `cell.exclusive`.
 *
 * @param kind `corrected` if the rows are from the comparison of all rows
 * @throws IdsReused
 */
export async function changesOf(
  cell: CellContext,
  rows: NovaRows,
  kind: 'action' | 'corrected' = 'action',
): Promise<NewEntry[]> {
  const { head, place } = rows;
  const events = groupBy(rows.events ?? [], ({ action_id }) => action_id);
  const servers = await differences(
    cell,
    { table: 'servers', head },
    (await withFlavors(cell, rows.servers)).map((server): Found<ServerBody> => {
      const times = server.deleted
        ? [{ ...server, start_time: server.launched_at, finish_time: server.terminated_at }]
        : [];
      return { id: server.id, serverUuid: server.uuid, body: { server: withoutSum(server), place }, times };
    }),
  );
  const actions = await differences(
    cell,
    { table: 'actions', head },
    (rows.actions ?? []).map((action): Found<ActionBody> => {
      const body = {
        action: withoutSum(action),
        events: (events.get(action.id) ?? []).map(withoutSum),
        place,
      };
      return { id: action.id, serverUuid: action.instance_uuid, body, times: [action, ...body.events] };
    }),
  );
  await checkIdentities(cell, servers, actions);
  return entriesOf(cell, { servers, actions, projects: rows.projects }, kind);
}

/** A row of Nova. */
interface Found<Body> {
  readonly id: number;
  readonly serverUuid: string | null;
  readonly body: Body;
  /** The times that decide whether the copy needs the row; empty if the copy needs it at any age. */
  readonly times: readonly Times[];
}

/** A row of Nova that differs from the row of the copy, or that the copy does not have. */
interface Difference<Body> extends Found<Body> {
  readonly old: KnownRow | undefined;
  /** True if Nova has only moved the row to the shadow table. */
  readonly isArchived: boolean;
}

async function differences<Body extends ActionBody | ServerBody>(
  cell: CellContext,
  { table, head }: { table: 'actions' | 'servers'; head: number },
  rows: readonly Found<Body>[],
): Promise<Difference<Body>[]> {
  const known = await cell.findKnown(table, rows.map(idOf));
  const { retention } = cell.times;
  const horizon = retention === undefined ? undefined : horizonOf(retention);
  return rows.flatMap((row): Difference<Body>[] => {
    const old = known.get(row.id);
    if (old === undefined)
      return horizon !== undefined && isForgotten(row.times, horizon)
        ? []
        : [{ ...row, old, isArchived: false }];
    if (old.touched > head) return [];
    const isSame = old.fingerprint === fingerprintOf(row.body);
    if (isSame && old.place === row.body.place) return [];
    return [{ ...row, old, isArchived: isSame && old.place === Place.main }];
  });
}

/** @throws IdsReused if a changed row is not the same row as that of the copy */
async function checkIdentities(
  cell: CellContext,
  servers: readonly Difference<ServerBody>[],
  actions: readonly Difference<ActionBody>[],
): Promise<void> {
  const changed = <Body>(rows: readonly Difference<Body>[]): Difference<Body>[] =>
    rows.filter(({ old, isArchived }) => old !== undefined && !isArchived);
  const from = cell.state.epochFrom.events;
  const rows = {
    servers: changed(servers).map(({ old, body }) => ({ row: body.server, epoch: old?.epoch })),
    actions: changed(actions).map(({ old, body }) => ({ row: body.action, epoch: old?.epoch })),
    events: changed(actions).flatMap(({ old, body }) =>
      body.events.map((row) => ({ row, epoch: row.id < from ? old?.epoch : undefined })),
    ),
  };
  for (const table of ['servers', 'actions', 'events'] as const) {
    const byCopyId = new Map(
      rows[table].map(({ row, epoch = cell.epoch }) => {
        return [copyId({ cell: cell.cell.number, epoch, id: row.id }), row] as const;
      }),
    );
    if (byCopyId.size === 0) continue;
    const copied = await queryStore(cell, (store) =>
      copiedRows(store, table, copiedIdentity(table), [...byCopyId.keys()]),
    );
    for (const [id, old] of copied) {
      const row = byCopyId.get(id);
      if (row !== undefined && isOtherRow(table, row, old)) throw new IdsReused(table, row.id);
    }
  }
}

function entriesOf(
  cell: CellContext,
  found: {
    servers: readonly Difference<ServerBody>[];
    actions: readonly Difference<ActionBody>[];
    projects: Projects;
  },
  kind: 'action' | 'corrected',
): NewEntry[] {
  const projects = new Map(found.projects);
  for (const { serverUuid, body } of found.servers) projects.set(serverUuid ?? '', body.server.project_id);
  const about = ({ id, serverUuid, old }: Difference<unknown>): Omit<NewEntry, 'kind' | 'body'> => ({
    ...{ cell: cell.cell.number, epoch: old?.epoch ?? cell.epoch, novaId: id, serverUuid },
    ...{ projectId: projects.get(serverUuid ?? '') ?? null, previous: old?.position ?? null },
  });
  const vanished = (table: VanishedRow['table'], rows: readonly Difference<unknown>[]): VanishedRow[] =>
    rows
      .filter(({ isArchived }) => isArchived)
      .map(({ id, serverUuid, old }) => ({ table, id, serverUuid, epoch: old?.epoch ?? cell.epoch }));
  const entries: NewEntry[] = [];
  for (const one of found.servers) {
    if (!one.isArchived) entries.push({ ...about(one), kind: 'server', body: one.body });
  }
  for (const one of found.actions) {
    if (one.isArchived) continue;
    // A round has not read this action yet, so it is not late.
    const isNew = one.old === undefined && one.id > cell.state.high.actions;
    if (kind === 'action' || isNew) entries.push({ ...about(one), kind: 'action', body: one.body });
    else {
      const reason = one.old === undefined ? 'late' : 'changed';
      entries.push({ ...about(one), kind, body: { ...one.body, reason } });
    }
  }
  const moved = [...vanished('servers', found.servers), ...vanished('actions', found.actions)];
  return [...entries, ...vanishedEntries(cell, 'archived', moved, projects)];
}

/**
 * Returns the servers. A server without a flavor gets the flavor that the copy has: Nova can archive the flavor before
 * the server, and an archived flavor is not always found.
 */
async function withFlavors(
  cell: CellContext,
  servers: readonly NovaServer[] = [],
): Promise<readonly NovaServer[]> {
  const without = servers.filter(({ flavor }) => flavor === null);
  if (without.length === 0) return servers;
  const known = await cell.findKnown('servers', without.map(idOf));
  const copyIds = [...known].map(([id, { epoch }]) => copyId({ cell: cell.cell.number, epoch, id }));
  const copied = await queryStore(cell, (store) => copiedRows(store, 'servers', ['flavor'], copyIds));
  const flavors = new Map([...copied].map(([made, row]) => [partsOf(made).id, row['flavor']]));
  return servers.map((server) => {
    return { ...server, flavor: server.flavor ?? ((flavors.get(server.id) ?? null) as string | null) };
  });
}

/** Removes the CRC, which is not part of the row. Changes the row, because copies of all rows would take much time. */
function withoutSum<Row extends object>(row: Row): Row {
  return 'crc' in row ? Object.assign(row, { crc: undefined }) : row;
}

function idOf({ id }: { readonly id: number }): number {
  return id;
}
