import type { NovaAction, NovaEvent, NovaServer } from '../../ledger/record/nova-rows.js';
import type { CellSnapshot, RowSum, WithSum } from '../source/cell-reader.js';
import type { Owners } from './owners.js';
import type { Range, Stage } from './ranges.js';

/** The rows that one snapshot reads from a range. */
export interface Part {
  readonly actions?: readonly NovaAction[];
  readonly events?: readonly WithSum<NovaEvent>[];
  readonly servers?: readonly NovaServer[];
  /** The events whose actions are in no table of Nova. */
  readonly withoutAction?: readonly NovaEvent[];
  /** The rows of the table of the range, by descending id. */
  readonly page: readonly RowSum[];
}

type Read = (snapshot: CellSnapshot, ids: Ids, limit: number, owners: Owners) => Promise<Part>;

/** The ids `(from, next]`. */
type Ids = Pick<Range, 'stage' | 'from' | 'next'>;

/**
 * Reads the newest rows of a range, at most `limit` of its table, with the rows that belong to them.
 *
 * @param owners the known projects of servers. The function does not read these servers again
 */
export function readPart(snapshot: CellSnapshot, range: Ids, limit: number, owners: Owners): Promise<Part> {
  const { stage } = range;
  if (stage === 'gaps') throw new TypeError('a range of the stage gaps has no rows');
  return READ[stage](snapshot, range, limit, owners);
}

const READ: Readonly<Record<Exclude<Stage, 'gaps'>, Read>> = {
  async actions(snapshot, { from, next }, limit, owners) {
    const actions = await snapshot.page({ table: 'actions', isShadow: false }, from, next, limit);
    const events = await snapshot.eventsOf(actions.map(idOf));
    return { page: actions, actions, events, servers: await snapshot.servers(owners.missing(actions)) };
  },
  async events(snapshot, { from, next }, limit, owners) {
    const page = await snapshot.page({ table: 'events', isShadow: false }, from, next, limit);
    const actions = await snapshot.actions(actionIdsOf(page));
    const events = await snapshot.eventsOf(actions.map(idOf));
    const servers = await snapshot.servers(owners.missing(actions));
    return {
      page,
      actions,
      events,
      servers,
      withoutAction: await eventsWithoutAction(snapshot, page, actions),
    };
  },
  async servers(snapshot, { from, next }, limit) {
    const servers = await snapshot.page({ table: 'servers', isShadow: false }, from, next, limit);
    return { page: servers, servers };
  },
  async 'shadow servers'(snapshot, { from, next }, limit) {
    const servers = await snapshot.page({ table: 'servers', isShadow: true }, from, next, limit);
    return { page: servers, servers };
  },
  async 'shadow events'(snapshot, { from, next }, limit) {
    const events = await snapshot.page({ table: 'events', isShadow: true }, from, next, limit);
    const actions = await snapshot.actions(actionIdsOf(events), true);
    return {
      page: events,
      actions,
      events,
      withoutAction: await eventsWithoutAction(snapshot, events, actions),
    };
  },
  async 'shadow actions'(snapshot, { from, next }, limit) {
    const actions = await snapshot.page({ table: 'actions', isShadow: true }, from, next, limit);
    return { page: actions, actions };
  },
};

function actionIdsOf(events: readonly NovaEvent[]): number[] {
  return [...new Set(events.flatMap(({ action_id: id }) => id ?? []))];
}

/** Returns the events whose actions are neither in `actions` nor in a table of Nova. */
async function eventsWithoutAction(
  snapshot: CellSnapshot,
  events: readonly NovaEvent[],
  actions: readonly NovaAction[],
): Promise<NovaEvent[]> {
  const found = new Set(actions.map(idOf));
  const missing = actionIdsOf(events).filter((id) => !found.has(id));
  for (const isShadow of [false, true]) {
    for (const { id } of await snapshot.actions(missing, isShadow)) found.add(id);
  }
  return events.filter(({ action_id: id }) => id === null || !found.has(id));
}

function idOf({ id }: { readonly id: number }): number {
  return id;
}
