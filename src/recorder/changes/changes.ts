import { horizonOf, isTooOld } from '../../ledger/retention/age.js';
import { copyId, partsOf } from '../../ledger/copy/copy-id.js';
import { fingerprintOf } from '../../ledger/record/entry-body.js';
import { type ActionBody, type NewEntry, Place, type ServerBody } from '../../ledger/record/entry.js';
import { type CellContext, type KnownRow, queryStore } from '../cell-context.js';
import { copiedRows } from '../../ledger/copy/copied-values.js';
import { type Found, foundRows, type FoundRows, foundServer, type RowsInPlace } from './found-rows.js';
import { requireSameRows } from './identities.js';
import { type VanishedRow, vanishedEntries } from './entries.js';

/** The projects that own servers, by the UUIDs of the servers. */
export type Projects = ReadonlyMap<string, string | null>;

/** Rows of one snapshot of Nova. */
export interface NovaRows extends RowsInPlace {
  /** The last position of the record before the snapshot. */
  readonly head: number;
  /** The rows as prepared by `foundRows`, if the caller has them. */
  readonly found?: FoundRows | undefined;
  readonly projects: Projects;
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
  const { head, projects } = rows;
  const found = rows.found ?? foundRows(rows);
  const servers = await differences(cell, { table: 'servers', head }, await withFlavors(cell, found.servers));
  const actions = await differences(cell, { table: 'actions', head }, found.actions);
  await checkIdentities(cell, servers, actions);
  return entriesOf(cell, { servers, actions, projects }, kind);
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
  const known = await cell.findKnown(
    table,
    rows.map(({ id }) => id),
  );
  const { retention } = cell.times;
  const horizon = retention === undefined ? undefined : horizonOf(retention);
  return rows.flatMap((row): Difference<Body>[] => {
    const old = known.get(row.id);
    if (old === undefined)
      return horizon !== undefined && isTooOld(row.times, horizon)
        ? []
        : [{ ...row, old, isArchived: false }];
    if (old.touched > head) return [];
    const isSame = old.fingerprint === fingerprintOf(row.body, row.text);
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
    await requireSameRows(cell, table, rows[table]);
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
    cell: cell.cell.number,
    epoch: old?.epoch ?? cell.epoch,
    novaId: id,
    serverUuid,
    projectId: projects.get(serverUuid ?? '') ?? null,
    previous: old?.position ?? null,
  });
  const vanished = (table: VanishedRow['table'], rows: readonly Difference<unknown>[]): VanishedRow[] =>
    rows
      .filter(({ isArchived }) => isArchived)
      .map(({ id, serverUuid, old }) => ({ table, id, serverUuid, epoch: old?.epoch ?? cell.epoch }));
  const entries: NewEntry[] = [];
  for (const one of found.servers) {
    if (!one.isArchived) entries.push({ ...about(one), kind: 'server', body: one.body, text: one.text });
  }
  for (const one of found.actions) {
    if (one.isArchived) continue;
    // The action is newer than the last round, so it is not late.
    const isNew = one.old === undefined && one.id > cell.state.high.actions;
    if (kind === 'action' || isNew)
      entries.push({ ...about(one), kind: 'action', body: one.body, text: one.text });
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
  servers: readonly Found<ServerBody>[],
): Promise<readonly Found<ServerBody>[]> {
  const without = servers.filter(({ body }) => body.server.flavor === null);
  if (without.length === 0) return servers;
  const known = await cell.findKnown(
    'servers',
    without.map(({ id }) => id),
  );
  const copyIds = [...known].map(([id, { epoch }]) => copyId({ cell: cell.cell.number, epoch, id }));
  const copied = await queryStore(cell, (store) => copiedRows(store, 'servers', ['flavor'], copyIds));
  const flavors = new Map([...copied].map(([made, row]) => [partsOf(made).id, row['flavor']]));
  return servers.map((one) => {
    const flavor = one.body.server.flavor ?? ((flavors.get(one.id) ?? null) as string | null);
    return flavor === one.body.server.flavor
      ? one
      : foundServer({ ...one.body, server: { ...one.body.server, flavor } });
  });
}
