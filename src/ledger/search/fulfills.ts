import { type RawTime, sortableTime } from '../../database/rows/time.js';
import { type ActionTimes, freshTimes, type State, statusOf } from '../actions/action-status.js';
import type { FullAction } from '../actions/full-action.js';
import type { Condition, SearchQuery, TextField, TimeField } from './search-query.js';

/** An action that a search has found, with the state and the times of its search row. */
export interface FoundAction extends ActionTimes {
  readonly full: FullAction;
  readonly state: State;
}

const TIMES = {
  created_at: 'createdAt',
  started_at: 'startedAt',
  finished_at: 'finishedAt',
  updated_at: 'updatedAt',
} as const satisfies Readonly<Record<TimeField, keyof ActionTimes>>;

/**
 * Returns true if the rows of an action fulfill a search. The indexes contain only codes, and the action may have
 * changed after the search has read them. The action must have its events if the search has a condition on them.
 */
export function fulfills(query: SearchQuery, action: FoundAction): boolean {
  const { scope, conditions } = query;
  const isInScope = 'all' in scope || action.full.server?.project_id === scope.project;
  return isInScope && conditions.every((condition) => holds(condition, action, query.now));
}

/** Returns true if a search has conditions on the events of an action. */
export function needsEvents({ conditions }: SearchQuery): boolean {
  return conditions.some(({ field }) => field === 'host' || field === 'event');
}

function holds(condition: Condition, action: FoundAction, now: RawTime): boolean {
  const { field, operator, values } = condition;
  if (field in TIMES) {
    const time = action[TIMES[field as TimeField]];
    if (operator === 'nin') return time === null || !values.includes(sortableTime(time));
    return time !== null && holdsTime(operator, sortableTime(time), values);
  }
  const isListed = textsOf(field as TextField, action, now).some(
    (text) => text !== null && values.includes(text),
  );
  return isListed === (operator === 'in');
}

function holdsTime(operator: Condition['operator'], time: string, values: readonly RawTime[]): boolean {
  const [value = ''] = values;
  switch (operator) {
    case 'gt':
      return time > value;
    case 'gte':
      return time >= value;
    case 'lt':
      return time < value;
    case 'lte':
      return time <= value;
    default:
      return values.includes(time);
  }
}

/** Returns the texts of a field. `host` and `event` have one text for each event. */
function textsOf(
  field: TextField,
  { full, state, updatedAt }: FoundAction,
  now: RawTime,
): readonly (string | null)[] {
  const { action, events, server } = full;
  switch (field) {
    case 'project_id':
      return [server?.project_id ?? null];
    case 'server_id':
      return [action.instance_uuid];
    case 'status':
      return [statusOf(state, updatedAt, freshTimes(now))];
    case 'host':
    case 'event':
      return events.map((event) => event[field]);
    default:
      return [action[field]];
  }
}
