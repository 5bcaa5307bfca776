import type { Condition, Scope, SearchQuery, TimeField } from '../../../src/ledger/search/search-query.js';
import { STATUSES } from '../../../src/ledger/search/wanted.js';
import type { Random } from '../random.js';
import { ACTIONS, EVENTS, HOSTS, PROJECTS, USERS } from './generated-log.js';
import type { ReferenceAction, ReferenceQuery } from './reference.js';

const TIME_FIELDS: readonly TimeField[] = ['created_at', 'started_at', 'finished_at', 'updated_at'];

/** The number of conditions of most searches. */
const CONDITIONS = [
  [3, 0],
  [5, 1],
  [5, 2],
  [3, 3],
  [1, 6],
] as const;

/** Makes a random search of a log, with values that the log has and some that it does not have. */
export function randomSearch(random: Random, log: readonly ReferenceAction[]): SearchQuery {
  const isTenant = random.chance(0.5);
  const scope: Scope = isTenant ? { project: random.pick(PROJECTS) } : { all: true };
  const conditions = Array.from({ length: random.weighted(CONDITIONS) }, () => randomCondition(random, log));
  return {
    scope,
    conditions,
    cells: random.chance(0.1) ? [0, 1, 2].filter(() => random.chance(0.6)) : undefined,
    sort: random.chance(0.7) ? 'desc' : 'asc',
    limit: random.weighted([
      [3, random.int(1, 5)],
      [8, random.int(6, 40)],
      [1, 200],
    ]),
    now: `2026-11-01 0${random.int(0, 4)}:${random.int(10, 59)}:00.000000`,
  };
}

/** Returns the same search for the reference. */
export function asReference({ scope, ...query }: SearchQuery): ReferenceQuery {
  return { ...query, project: 'all' in scope ? undefined : scope.project };
}

function randomCondition(random: Random, log: readonly ReferenceAction[]): Condition {
  if (random.chance(0.3)) return timeCondition(random, log);
  const operator = random.chance(0.75) ? 'in' : 'nin';
  const field = random.pick([
    ...(['project_id', 'user_id', 'server_id', 'request_id', 'action', 'host', 'event', 'status'] as const),
  ]);
  const actions = Array.from(
    {
      length: random.weighted([
        [6, 1],
        [3, 3],
        [1, 25],
      ]),
    },
    () => random.pick(log).of,
  );
  const values = {
    project_id: PROJECTS,
    user_id: USERS,
    server_id: actions.map(({ action }) => action.instance_uuid ?? ''),
    request_id: actions.map(({ action }) => action.request_id ?? ''),
    action: ACTIONS,
    host: HOSTS,
    event: EVENTS,
    status: STATUSES,
  }[field];
  const isOther = field !== 'status' && random.chance(0.1);
  return { field, operator, values: actions.map(() => random.pick(isOther ? ['absent', ''] : values)) };
}

function timeCondition(random: Random, log: readonly ReferenceAction[]): Condition {
  const field = random.pick(TIME_FIELDS);
  const operator = random.pick(['gt', 'gte', 'lt', 'lte', 'gte', 'lt', 'in', 'nin'] as const);
  const times = Array.from({ length: operator.endsWith('in') ? random.int(1, 5) : 1 }, () => {
    const time = random.pick(log)[field] || '2026-11-01 01:00:00.000000';
    return random.chance(0.7) ? time : `${time.slice(0, 19)}.500000`;
  });
  return { field, operator, values: times };
}
