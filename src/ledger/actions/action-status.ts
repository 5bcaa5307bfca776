import { knownTime, millisecondsOf, type RawTime, rawTime, sortableTime } from '../../database/rows/time.js';
import type { NovaEvent } from '../record/nova-rows.js';
import type { ActionParts, ServerFacts } from './full-action.js';

/** The state of an action, as the search stores it. It does not depend on the clock. */
export enum State {
  /** An event has started, and the action has not finished. */
  open = 1,
  /** The action has no event, and has not finished. */
  empty = 2,
  success = 3,
  error = 4,
  /** The action cannot change any more, and its result is not known. */
  unknown = 5,
}

/** The status of an action, as clients see it. */
export type Status = 'running' | 'success' | 'error' | 'unknown' | 'stalled';

/** The time without a change after which an action that has not finished is no longer `running`, in milliseconds. */
const STALE_AFTER = 3_600_000;

/** The times of the last change, both inclusive, with which an action that has not finished is `running`. */
export interface FreshTimes {
  readonly from: RawTime;
  readonly to: RawTime;
}

/** The times of an action. A time that the databases cannot represent is null. */
export interface ActionTimes {
  readonly createdAt: RawTime | null;
  readonly startedAt: RawTime | null;
  readonly finishedAt: RawTime | null;
  /** The time of the last change of the action or its events. */
  readonly updatedAt: RawTime | null;
}

/** Derives the state of an action from its rows. It states a result only if the rows prove it. */
export function actionState(parts: ActionParts): State {
  const { cell, action, events, server, written } = parts;
  const unfinished = events.length === 0 ? State.empty : State.open;
  const outcome = written?.outcome ?? null;
  if (outcome !== null) return outcome === 'running' ? unfinished : State[outcome];
  if (!hasEnded(parts)) {
    if (!isDeleted(server)) return unfinished;
    return action.action === 'delete' ? State.success : State.unknown;
  }
  if (hasFailed(parts)) return State.error;
  return action.action === 'create' && cell > 0 ? stateOfCreate(server, unfinished) : State.success;
}

/** Returns the times of an action. @param state from `actionState` */
export function actionTimes(parts: ActionParts, state: State): ActionTimes {
  const { action, events } = parts;
  const isFinished = state >= State.success && hasEnded(parts);
  const createdAt = knownTime(action.created_at);
  const changes = [action, ...events].flatMap((row) => [
    ...[row.created_at, row.updated_at, row.start_time, row.finish_time],
  ]);
  return {
    createdAt,
    startedAt: knownTime(action.start_time) ?? createdAt,
    finishedAt:
      knownTime(action.finish_time) ?? (isFinished ? latest(events.map((event) => event.finish_time)) : null),
    updatedAt: latest(changes),
  };
}

/**
 * Returns the times within an hour before or after the current time. A clock that is slightly fast can make a time in the
 * future. A later time says nothing about the present.
 */
export function freshTimes(now: RawTime): FreshTimes {
  const at = (offset: number): RawTime => rawTime(millisecondsOf(now) + offset) + now.slice(23);
  return { from: at(-STALE_AFTER), to: at(STALE_AFTER) };
}

/**
 * Returns the status of an action.
 *
 * @param updatedAt from `actionTimes`
 * @param fresh from `freshTimes`
 */
export function statusOf(state: State, updatedAt: RawTime | null, fresh: FreshTimes): Status {
  const time = sortableTime(updatedAt);
  const isStale = time < sortableTime(fresh.from) || time > sortableTime(fresh.to);
  switch (state) {
    case State.open:
      return isStale ? 'stalled' : 'running';
    case State.empty:
      return isStale ? 'unknown' : 'running';
    case State.success:
      return 'success';
    case State.error:
      return 'error';
    case State.unknown:
      return 'unknown';
  }
}

function hasEnded({ cell, action, events }: ActionParts): boolean {
  if (action.finish_time !== null) return true;
  return events.length > 0 && !events.some((event) => isOpen(event, events, cell));
}

/**
 * Returns true if an event has not finished. When Nova tries several hosts in turn, it starts an event with the same
 * name on each, and finishes only one of them: it looks an event up by its name. The others never get a finish time.
 */
function isOpen(event: NovaEvent, events: readonly NovaEvent[], cell: number): boolean {
  if (event.finish_time !== null) return false;
  const started = sortableTime(event.start_time ?? event.created_at);
  const isFinishedTwin = (other: NovaEvent): boolean =>
    other.event === event.event && other.finish_time !== null && sortableTime(other.finish_time) >= started;
  return cell === 0 || !events.some(isFinishedTwin);
}

/**
 * Returns true if the action has failed: if the event that finished last has failed. The message of the action does not
 * suffice, because Nova also sets it if an action fails on one host and succeeds on the next one.
 */
function hasFailed({ action, events }: ActionParts): boolean {
  const withResult = events.filter(
    ({ result, finish_time: finished }) => result !== null && finished !== null,
  );
  if (withResult.length === 0) return action.message === 'Error';
  const last = latest(withResult.map((event) => event.finish_time));
  return withResult.some((event) => event.result === 'Error' && knownTime(event.finish_time) === last);
}

/**
 * Returns the state of the creation of a server in Nova whose events have all finished without an error. Nova also says
 * so between two tries, and if no host could start the server.
 */
function stateOfCreate(server: ServerFacts | undefined, unfinished: State): State {
  if (server === undefined) return State.unknown;
  if (server.launched_at !== null) return State.success;
  if (server.vm_state === 'error') return State.error;
  return server.vm_state === 'building' ? unfinished : State.unknown;
}

function isDeleted(server: ServerFacts | undefined): boolean {
  return server !== undefined && server.deleted !== null && server.deleted !== 0;
}

function latest(times: readonly (RawTime | null)[]): RawTime | null {
  return times.reduce(
    (last, time) => (sortableTime(time) > sortableTime(last) ? (knownTime(time) ?? last) : last),
    null,
  );
}
