import { millisecondsOf, rawTime, type RawTime } from '../../database/rows/time.js';
import { type ActionTimes, actionState, actionTimes, type State } from '../actions/action-status.js';
import type { ActionParts } from '../actions/full-action.js';
import { codeOf, projectCode } from './codes.js';

/** The row of an action in `search_actions`, with its hosts in `search_hosts`. */
export interface SearchRow extends ActionTimes {
  readonly second: number;
  /** The id of the action in the copy. */
  readonly id: number;
  /** The code of the project that owns the server; 0 if it is unknown. */
  readonly project: number;
  readonly server: number;
  readonly request: number;
  readonly user: number;
  readonly action: number;
  readonly state: State;
  /** The position of the newest entry about the action; 0 if the record has none. */
  readonly position: number;
  /** The codes of the hosts of all events, each once. */
  readonly hosts: readonly number[];
}

/** The highest value of the column `second`: a time in the year 2106. */
export const MAX_SECOND = 2 ** 32 - 1;

/** Makes the search row of an action. @param copyId the id of the action in the copy */
export function searchRow(copyId: number, parts: ActionParts, position: number): SearchRow {
  const { action, events, server } = parts;
  const state = actionState(parts);
  const times = actionTimes(parts, state);
  const second = secondOf(times.createdAt);
  return {
    ...times,
    // A time outside of the seconds of the column has none. The search treats it as unknown.
    createdAt: second === 0 ? null : times.createdAt,
    second,
    id: copyId,
    project: projectCode(server?.project_id ?? null),
    server: codeOf('server', action.instance_uuid),
    request: codeOf('request', action.request_id),
    user: codeOf('user', action.user_id),
    action: codeOf('action', action.action),
    state,
    position,
    hosts: [...new Set(events.flatMap(({ host }) => (host === null ? [] : [codeOf('host', host)])))],
  };
}

/** Returns a time in seconds since 1970; 0 for an unknown time, and for one before 1970 or after `MAX_SECOND`. */
export function secondOf(time: RawTime | null): number {
  const second = time === null ? 0 : Math.floor(millisecondsOf(time) / 1_000);
  return second >= 0 && second <= MAX_SECOND ? second : 0;
}

/** Returns the time of a second since 1970. The opposite of `secondOf`. */
export function timeOfSecond(second: number): RawTime {
  return `${rawTime(second * 1_000)}000`;
}
