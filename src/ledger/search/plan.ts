import { State } from '../actions/action-status.js';
import { codeOf } from './codes.js';
import type { Condition, Cursor, SearchQuery, Sort } from './search-query.js';
import { type Range, rangesAfter, readingOrder, wantedSeconds } from './seconds.js';
import {
  type Age,
  conditionsOn,
  unique,
  wantedCodes,
  wantedProjects,
  type WantedStates,
  wantedStates,
} from './wanted.js';

type Column = 'project' | 'server' | 'request' | 'user' | 'action' | 'host' | 'state';

/** The values that the first columns of an index must have. */
export type ArmValues = Readonly<Partial<Record<Exclude<Column, 'state'>, number>>> & {
  readonly state?: State;
};

/** One range of one index, which a search reads in the order of the list. */
export interface Arm {
  readonly table: 'search_actions' | 'search_hosts';
  /** The name of the index; `PRIMARY` for the primary key. */
  readonly index: string;
  readonly values: ArmValues;
  /** The wanted age of the last change. */
  readonly age: Age;
  readonly range: Range;
}

/** The ranges that a search reads, and the conditions that it must check for each of their entries. */
export interface Plan {
  readonly arms: readonly Arm[];
  /** The order in which the search reads. */
  readonly order: Sort;
  /** The conditions that the arms do not contain. */
  readonly conditions: readonly Condition[];
  /** Undefined if all states match, or if the arms contain the states. */
  readonly states: WantedStates | undefined;
}

/** Codes of requests or servers whose projects the search must read first. There are few, often one. */
export interface LeadingCodes {
  readonly column: 'request' | 'server';
  readonly codes: readonly number[];
}

/** The projects of the actions with the codes of `LeadingCodes`, by the code. */
export interface LeadingProjects extends LeadingCodes {
  readonly projects: ReadonlyMap<number, readonly number[]>;
}

/** An index, in the order in which the planner prefers them. */
interface Index {
  readonly table?: 'search_hosts';
  readonly name: string;
  readonly columns: readonly Column[];
  /** True if the index is useful only for a search with a condition on the status. */
  readonly needsStatus?: true;
}

const INDEXES: readonly Index[] = [
  { name: 'search_by_request', columns: ['request', 'project'] },
  { name: 'search_by_server', columns: ['server', 'project'] },
  { table: 'search_hosts', name: 'PRIMARY', columns: ['host', 'state'] },
  { name: 'search_by_project_user', columns: ['project', 'user'] },
  { name: 'search_by_project_action', columns: ['project', 'action'] },
  { name: 'search_by_project_state', columns: ['project', 'state'], needsStatus: true },
  { name: 'search_by_user_state', columns: ['user', 'state'] },
  { name: 'search_by_action_state', columns: ['action', 'state'] },
  { name: 'search_by_project', columns: ['project'] },
  { name: 'search_by_state', columns: ['state'], needsStatus: true },
  { name: 'PRIMARY', columns: [] },
];

/** The maximum number of combinations of values. If an index needs more, the planner uses another one. */
const MAX_COMBINATIONS = 20;

const ALL_STATES: WantedStates = new Map(
  [State.open, State.empty, State.success, State.error, State.unknown].map((state) => [state, 'any']),
);

const FIELDS = {
  project: 'project_id',
  server: 'server_id',
  request: 'request_id',
  user: 'user_id',
  action: 'action',
} as const;

/** Returns the codes whose projects the search must read before it can plan. */
export function leadingCodes(query: SearchQuery): LeadingCodes | undefined {
  if (wantedProjects(query) !== undefined) return undefined;
  for (const column of ['request', 'server'] as const) {
    const codes = wantedCodes(query, FIELDS[column]);
    if (codes !== undefined && codes.length <= MAX_COMBINATIONS) return { column, codes };
  }
  return undefined;
}

/**
 * Plans a search. The same search always has the same plan, so it always costs the same. In the scope of one project,
 * all indexes begin with the project or contain it, so the search never reads an entry of another project.
 *
 * @param leading the projects for `leadingCodes(query)`
 */
export function plan(query: SearchQuery, cursor?: Cursor, leading?: LeadingProjects): Plan {
  const order = readingOrder(query.sort, cursor);
  const states = wantedStates(query);
  const index = chooseIndex(query, states, leading);
  const seconds = wantedSeconds(query);
  const ranges = isImpossible(query) ? [] : rangesAfter(seconds, cursor, order);
  const { table = 'search_actions', name, columns, combinations } = index;
  const arms = ranges.flatMap((range) =>
    combinations.map((values): Arm => {
      const age = values.state === undefined ? 'any' : (states?.get(values.state) ?? 'any');
      return { table, index: name, values, age, range };
    }),
  );
  const host = columns.includes('host') ? hostCondition(query) : undefined;
  const contained = new Set<Condition['field']>(columns.flatMap((column) => fieldOf(column, query)));
  if (seconds.isExact) contained.add('created_at');
  const conditions = query.conditions.filter(
    (condition) => condition.field !== 'status' && condition !== host && !contained.has(condition.field),
  );
  return { arms, order, conditions, states: columns.includes('state') ? undefined : states };
}

/** Returns the first index that the search can use, with the values of its columns. */
function chooseIndex(
  query: SearchQuery,
  states: WantedStates | undefined,
  leading: LeadingProjects | undefined,
): Index & { readonly combinations: readonly ArmValues[] } {
  const choices = choicesOf(query, states ?? ALL_STATES, leading);
  for (const index of INDEXES) {
    if (!('all' in query.scope) && !index.columns.includes('project')) continue;
    if (index.needsStatus === true && states === undefined) continue;
    const combinations = combine(index.columns, choices);
    if (combinations !== undefined) return { ...index, combinations };
  }
  throw new Error('the search has no usable index');
}

/** Returns true if no action can fulfill all conditions. */
function isImpossible(query: SearchQuery): boolean {
  const columns = ['server', 'request', 'user', 'action'] as const;
  return [
    query.cells,
    wantedProjects(query),
    ...columns.map((column) => wantedCodes(query, FIELDS[column])),
    wantedStates(query)?.size === 0 ? [] : undefined,
  ].some((wanted) => wanted?.length === 0);
}

/** Returns the field whose conditions an index decides if it has the column. */
function fieldOf(column: Column, query: SearchQuery): Condition['field'][] {
  if (column === 'host' || column === 'state') return [];
  return column === 'project' && wantedProjects(query) === undefined ? [] : [FIELDS[column]];
}

/**
 * A function that returns the values of a column for given values of the columns before it; undefined if the search does
 * not list them.
 */
type Choices = (column: Column, before: ArmValues) => readonly number[] | undefined;

function choicesOf(query: SearchQuery, states: WantedStates, leading: LeadingProjects | undefined): Choices {
  const projects = wantedProjects(query);
  return (column, before) => {
    switch (column) {
      case 'state':
        return [...states.keys()];
      case 'host': {
        const hosts = hostCondition(query)?.values;
        return hosts && unique(hosts.map((host) => codeOf('host', host)));
      }
      case 'project': {
        const code = leading && before[leading.column];
        return projects ?? (code === undefined ? undefined : (leading?.projects.get(code) ?? []));
      }
      default:
        return wantedCodes(query, FIELDS[column]);
    }
  };
}

/**
 * Returns all combinations of the values of the columns. Returns undefined if the values of a column are not listed, or
 * if there are too many combinations.
 */
function combine(columns: readonly Column[], choices: Choices): readonly ArmValues[] | undefined {
  let combinations: readonly ArmValues[] = [{}];
  for (const column of columns) {
    const extended: ArmValues[] = [];
    for (const before of combinations) {
      const values = choices(column, before);
      if (values === undefined) return undefined;
      extended.push(...values.map((value) => ({ ...before, [column]: value })));
    }
    if (extended.length > MAX_COMBINATIONS) return undefined;
    combinations = extended;
  }
  return combinations;
}

/** Returns the condition on hosts with the fewest values. Several such conditions may be about several events. */
function hostCondition(query: SearchQuery): Condition | undefined {
  const listed = conditionsOn(query, 'host').filter(({ operator }) => operator === 'in');
  return listed.toSorted((one, other) => one.values.length - other.values.length)[0];
}
