import { State, type Status } from '../actions/action-status.js';
import { codeOf, projectCode } from './codes.js';
import type { Condition, SearchQuery, TextField, TimeField } from './search-query.js';

/**
 * The age of the last change of an action that has not finished: its status depends on it. `fresh`: see `freshTimes`.
 */
export type Age = 'any' | 'fresh' | 'stale';

/** The wanted states of actions, each with the wanted age of the last change. */
export type WantedStates = ReadonlyMap<State, Age>;

/** The statuses, each with the states and ages from which it follows: the opposite of `statusOf`. */
const STATES: Readonly<Record<Status, readonly (readonly [State, Age])[]>> = {
  running: [
    [State.open, 'fresh'],
    [State.empty, 'fresh'],
  ],
  stalled: [[State.open, 'stale']],
  unknown: [
    [State.unknown, 'any'],
    [State.empty, 'stale'],
  ],
  success: [[State.success, 'any']],
  error: [[State.error, 'any']],
};

/** All statuses. */
export const STATUSES = Object.keys(STATES) as readonly Status[];

type Listed = Extract<Condition, { readonly field: TextField }>;

/** Returns the conditions of a search about one field. */
export function conditionsOn<Field extends Condition['field']>(
  { conditions }: Pick<SearchQuery, 'conditions'>,
  field: Field,
): readonly (Field extends TimeField ? Exclude<Condition, Listed> : Listed)[] {
  return conditions.filter((condition) => condition.field === field) as never;
}

/**
 * Returns the values that a field may have so that all conditions on it hold. The field must have one value for each
 * action, unlike `host` and `event`.
 *
 * @returns undefined if the conditions do not list the values
 */
export function wantedValues(query: SearchQuery, field: TextField): readonly string[] | undefined {
  const conditions = conditionsOn(query, field);
  const [first, ...others] = conditions.filter(({ operator }) => operator === 'in');
  const excluded = conditions.filter(({ operator }) => operator === 'nin');
  return first && [...new Set(first.values)].filter((value) => fulfills(value, [...others, ...excluded]));
}

/** Returns the codes of the wanted projects. @returns undefined if the search is about all projects */
export function wantedProjects(query: SearchQuery): readonly number[] | undefined {
  const { scope } = query;
  const listed = wantedValues(query, 'project_id');
  if ('all' in scope) return listed && unique(listed.map(projectCode));
  const isListed = fulfills(scope.project, conditionsOn(query, 'project_id'));
  return isListed ? [projectCode(scope.project)] : [];
}

/** Returns the codes of the values of a field. @returns undefined if the search has no condition that lists them */
export function wantedCodes(
  query: SearchQuery,
  field: 'server_id' | 'request_id' | 'user_id' | 'action',
): readonly number[] | undefined {
  const kind = { server_id: 'server', request_id: 'request', user_id: 'user', action: 'action' } as const;
  const values = wantedValues(query, field);
  return values && unique(values.map((value) => codeOf(kind[field], value)));
}

/** Returns the wanted states. @returns undefined if all statuses are wanted */
export function wantedStates(query: Pick<SearchQuery, 'conditions'>): WantedStates | undefined {
  const conditions = conditionsOn(query, 'status');
  const statuses = STATUSES.filter((status) => fulfills(status, conditions));
  if (statuses.length === STATUSES.length) return undefined;
  const wanted = new Map<State, Age>();
  for (const [state, age] of statuses.flatMap((status) => STATES[status])) {
    wanted.set(state, wanted.has(state) ? 'any' : age);
  }
  return wanted;
}

/** Returns true if the actions that a search finds depend on its time: see `SearchQuery.now`. */
export function dependsOnClock(query: Pick<SearchQuery, 'conditions'>): boolean {
  return [...(wantedStates(query)?.values() ?? [])].some((age) => age !== 'any');
}

/** Returns the numbers without repetitions. */
export function unique(numbers: readonly number[]): number[] {
  return [...new Set(numbers)];
}

function fulfills(value: string, conditions: readonly Listed[]): boolean {
  return conditions.every(({ operator, values }) => values.includes(value) === (operator === 'in'));
}
