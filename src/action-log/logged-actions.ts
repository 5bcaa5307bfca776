import { type ActionTimes, freshTimes, type State, statusOf } from '../ledger/actions/action-status.js';
import type { RawTime } from '../database/rows/time.js';
import type { FullAction } from '../ledger/actions/full-action.js';
import type { PublicIds } from '../ledger/actions/public-ids.js';
import type { LogCell } from '../ledger/cells/log-cells.js';
import type { LoggedAction } from './action-log.view.js';

/** An action with its state and its times. */
interface StatedAction extends ActionTimes {
  readonly full: FullAction;
  readonly state: State;
}

/** The values that the service needs for responses about actions, besides their rows. */
export interface LoggingContext {
  readonly ids: PublicIds;
  readonly cells: readonly LogCell[];
  /** The time with which the service derives the statuses `running`, `stalled` and `unknown`. */
  readonly now: RawTime;
}

/** Adds the ids that clients see, the statuses and the names of cells to actions. @param events false to omit events */
export function loggedActions(
  actions: readonly StatedAction[],
  { ids, cells, now }: LoggingContext,
  events: boolean,
): LoggedAction[] {
  const copyIds = actions.map(({ full }) => full.copyId);
  const publicIds = ids.permute('action', copyIds);
  const shownEvents = events ? actions.flatMap(({ full }) => full.events) : [];
  const eventIds = ids.permute(
    'event',
    shownEvents.map((event) => event.copyId),
  );
  const names = new Map(cells.map(({ number, name }) => [number, name]));
  const fresh = freshTimes(now);
  let next = 0;
  return publicIds.flatMap((id, index): LoggedAction[] => {
    const action = actions[index];
    if (action === undefined) return [];
    const { full, state, ...times } = action;
    const first = next;
    next += full.events.length;
    return [
      {
        ...times,
        id,
        status: statusOf(state, times.updatedAt, fresh),
        cellName: names.get(full.cell) ?? null,
        full,
        eventIds: events ? eventIds.slice(first, next) : undefined,
      },
    ];
  });
}
