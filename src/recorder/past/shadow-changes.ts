import type { EntityManager } from 'typeorm';
import { groupBy } from '../../common/group-by.js';
import { type CopiedEvent, writeEvents } from '../../ledger/copy/copied-rows.js';
import { copyId } from '../../ledger/copy/copy-id.js';
import { type NewEntry, Place } from '../../ledger/record/entry.js';
import { EVENT_COLUMNS, type NovaAction, type NovaEvent } from '../../ledger/record/nova-rows.js';
import { type CellContext, type KnownRow, queryStore } from '../cell-context.js';
import { changesOf, type NovaRows } from '../changes/changes.js';
import { copiedEvents, copiedProjects } from '../../ledger/copy/copied-values.js';
import { uuidsOf } from './owners.js';
import type { Stage } from './ranges.js';
import type { Part } from './read-part.js';

/** The maximum number of ids in which one snapshot searches for the other events of some actions. */
const MAX_SEARCHED_IDS = 10_000;

/** The entries and the statements that record the differences between rows of Nova and the copy. */
export interface Changes {
  readonly entries: readonly NewEntry[];
  readonly also?: ((manager: EntityManager) => Promise<void>) | undefined;
}

/**
 * Compares rows of a shadow table with the copy. Shadow tables have no index by action. So the recorder writes events
 * of unknown actions before their actions, and no response contains these events until then. Call it inside of
 * `cell.exclusive`.
 */
export async function shadowChanges(
  cell: CellContext,
  stage: Stage,
  { head, ...part }: Part & { readonly head: number },
  kind: 'action' | 'corrected',
): Promise<Changes> {
  if (stage === 'shadow servers') {
    const rows = {
      head,
      place: Place.shadow,
      servers: part.servers ?? [],
      projects: new Map<string, null>(),
    } as const;
    return { entries: await changesOf(cell, rows, kind) };
  }
  if (stage === 'shadow actions') {
    return { entries: await changesOf(cell, await withCopiedEvents(cell, head, part.actions ?? []), kind) };
  }
  const withoutAction = new Set(part.withoutAction);
  const events = (part.events ?? []).filter((event) => !withoutAction.has(event));
  const changed = await changedEvents(cell, events);
  const { ofUnknownActions } = changed;
  const also =
    ofUnknownActions.length === 0
      ? undefined
      : (manager: EntityManager) => writeEvents(manager, ofUnknownActions);
  const ids = [...changed.ofKnownActions.keys()];
  if (ids.length === 0) return { entries: [], also };
  const whole = await wholeActions(cell, ids, Math.min(...events.map(({ id }) => id)));
  const read = [...whole.events, ...[...changed.ofKnownActions.values()].flat()];
  const byAction = groupBy(read, ({ action_id }) => action_id ?? 0);
  const rows = await withCopiedEvents(cell, head, whole.actions, byAction);
  return { entries: await changesOf(cell, rows, kind), also };
}

/**
 * Reads known actions from the shadow table with their events that have ids below `lowest`. So an entry contains all
 * events of one moment, although a part of the past contains only some of them.
 */
async function wholeActions(
  cell: CellContext,
  ids: readonly number[],
  lowest: number,
): Promise<{ readonly actions: readonly NovaAction[]; readonly events: readonly NovaEvent[] }> {
  const known = await cell.findKnown('actions', ids);
  const copied = await queryStore(cell, (store) =>
    copiedEvents(
      store,
      'action_id',
      ids.map((id) => idIn(cell, epochOf(cell, known.get(id)), id)),
    ),
  );
  const newest = new Map(copied.map(({ event }) => [event.action_id, event.id]));
  // The copy may lack events that Nova inserted after the newest one that it has.
  const from = Math.max(Math.min(lowest, ...newest.values()) + 1, lowest - MAX_SEARCHED_IDS);
  const wanted = new Set<number | null | undefined>(ids);
  return cell.reader.snapshot(async (snapshot) => {
    const sums = await snapshot.rowSums({ table: 'events', isShadow: true }, from, lowest);
    const others = sums.filter(({ action_id }) => wanted.has(action_id)).map(({ id }) => id);
    const eventIds = new Set([...copied.map(({ event }) => event.id), ...others]);
    return {
      actions: await snapshot.actions(ids, true),
      events: await snapshot.events([...eventIds], true),
    };
  });
}

/** Events from the shadow table that differ from the copy. */
interface ShadowEvents {
  /** The events of actions that the copy does not have yet. */
  readonly ofUnknownActions: readonly CopiedEvent[];
  /** The other events, by the ids of their actions. */
  readonly ofKnownActions: ReadonlyMap<number, readonly NovaEvent[]>;
}

/** Compares events from the shadow table with the copy. */
async function changedEvents(cell: CellContext, events: readonly NovaEvent[]): Promise<ShadowEvents> {
  const withAction = events.flatMap((event) =>
    event.action_id === null ? [] : [[event.action_id, event] as const],
  );
  const known = await cell.findKnown('actions', [...new Set(withAction.map(([actionId]) => actionId))]);
  const rows = withAction.map(([actionId, event]): CopiedEvent => {
    const ofAction = known.get(actionId)?.epoch ?? cell.epoch;
    const epoch = event.id < cell.state.epochFrom.events ? ofAction : cell.epoch;
    return { id: idIn(cell, epoch, event.id), actionId: idIn(cell, ofAction, actionId), event, position: 0 };
  });
  const copied = await queryStore(cell, (store) =>
    copiedEvents(
      store,
      'id',
      rows.map(({ id }) => id),
    ),
  );
  const old = new Map(copied.map((one) => [one.copyId, one.event]));
  const changed = rows.filter(({ id, event }) => !isSame(event, old.get(id)));
  const isOfKnown = ({ event }: CopiedEvent): boolean => known.has(event.action_id ?? 0);
  const ofKnown = changed.filter(isOfKnown).map(({ event }) => event);
  return {
    ofUnknownActions: changed.filter((row) => !isOfKnown(row)),
    ofKnownActions: groupBy(ofKnown, ({ action_id }) => action_id ?? 0),
  };
}

/**
 * Returns actions from the shadow table with their events, which the copy has, and with the projects of their servers.
 *
 * @param changed events that the copy does not have yet
 */
async function withCopiedEvents(
  cell: CellContext,
  head: number,
  actions: readonly NovaAction[],
  changed: ShadowEvents['ofKnownActions'] = new Map(),
): Promise<NovaRows> {
  const known = await cell.findKnown(
    'actions',
    actions.map(({ id }) => id),
  );
  const actionIds = actions.map(({ id }) => idIn(cell, epochOf(cell, known.get(id)), id));
  const [copied, projects] = await queryStore(cell, async (store) => [
    await copiedEvents(store, 'action_id', actionIds),
    await copiedProjects(store, cell.cell.number, uuidsOf(actions)),
  ]);
  const events = new Map(copied.map(({ event }) => [event.id, event]));
  for (const { id } of actions) {
    for (const event of changed.get(id) ?? []) events.set(event.id, event);
  }
  const sorted = [...events.values()].sort((one, other) => one.id - other.id);
  return { head, place: Place.shadow, actions, events: sorted, projects };
}

function epochOf(cell: CellContext, known: KnownRow | undefined): number {
  return known?.epoch ?? cell.epoch;
}

function idIn(cell: CellContext, epoch: number, id: number): number {
  return copyId({ cell: cell.cell.number, epoch, id });
}

export function isSame(event: NovaEvent, other: NovaEvent | undefined): boolean {
  return other !== undefined && EVENT_COLUMNS.every((name) => String(event[name]) === String(other[name]));
}
