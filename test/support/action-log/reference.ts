import type { GeneratedAction } from './generated-log.js';

interface Condition {
  readonly field: string;
  readonly operator: string;
  readonly values: readonly string[];
}

/** A search, in the terms of the API. */
export interface ReferenceQuery {
  /** Undefined for all projects. */
  readonly project?: string | undefined;
  readonly conditions: readonly Condition[];
  readonly cells?: readonly number[] | undefined;
  readonly sort: 'asc' | 'desc';
  readonly now: string;
}

/** An action as the list shows it. Times are texts of 26 characters; empty if they are unknown. */
export interface ReferenceAction {
  readonly id: number;
  readonly second: number;
  readonly state: 'open' | 'empty' | 'success' | 'error' | 'unknown';
  readonly created_at: string;
  readonly started_at: string;
  readonly finished_at: string;
  readonly updated_at: string;
  readonly of: GeneratedAction;
}

function padded(time: string | null): string {
  if (time === null) return '';
  return time.length === 19 ? `${time}.000000` : time.padEnd(26, '0');
}

const latest = (times: readonly (string | null)[]): string => times.map(padded).sort().at(-1) ?? '';
const milliseconds = (time: string): number => Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`);

/** Computes the whole list of a search from the rows, without the code of the service. */
export function referenceList(
  actions: readonly ReferenceAction[],
  { project, conditions, cells, sort, now }: ReferenceQuery,
): readonly ReferenceAction[] {
  const matching = actions.filter((action) => {
    if (cells !== undefined && !cells.includes(action.of.cell)) return false;
    if (project !== undefined && action.of.server?.project_id !== project) return false;
    return conditions.every((condition) => fulfills(action, condition, now));
  });
  const sorted = matching.sort((one, other) => one.second - other.second || one.id - other.id);
  return sort === 'asc' ? sorted : sorted.reverse();
}

function fulfills(action: ReferenceAction, { field, operator, values }: Condition, now: string): boolean {
  const own = valuesOf(action, field, now).filter((value) => value != null && value !== '') as string[];
  const [limit = ''] = values;
  switch (operator) {
    case 'in':
      return own.some((value) => values.includes(value));
    case 'nin':
      return !own.some((value) => values.includes(value));
    case 'gt':
      return own.some((value) => value > limit);
    case 'gte':
      return own.some((value) => value >= limit);
    case 'lt':
      return own.some((value) => value < limit);
    default:
      return own.some((value) => value <= limit);
  }
}

/** Returns the values that an action has in a field. */
function valuesOf(action: ReferenceAction, field: string, now: string): (string | null | undefined)[] {
  const { action: row, events, server } = action.of;
  switch (field) {
    case 'project_id':
      return [server?.project_id];
    case 'server_id':
      return [row.instance_uuid];
    case 'host':
    case 'event':
      return events.map((event) => event[field]);
    case 'status':
      return [statusAt(action, now)];
    case 'user_id':
    case 'request_id':
    case 'action':
      return [row[field]];
    default:
      return [action[field as 'created_at' | 'started_at' | 'finished_at' | 'updated_at']];
  }
}

/** Returns the status of an action at a time. */
export function statusAt({ state, updated_at }: ReferenceAction, now: string): string {
  const isOld = updated_at === '' || Math.abs(milliseconds(updated_at) - milliseconds(now)) > 3_600_000;
  if (state === 'open') return isOld ? 'stalled' : 'running';
  if (state === 'empty') return isOld ? 'unknown' : 'running';
  return state;
}

/** Returns an action as the list shows it. */
export function referenceAction(of: GeneratedAction): ReferenceAction {
  const { action, events } = of;
  const state = stateOf(of);
  const isResult = state !== 'open' && state !== 'empty' && hasEnded(of);
  const created_at = padded(action.created_at);
  return {
    ...{ id: of.copyId, of, state, created_at },
    second: created_at === '' ? 0 : Math.floor(milliseconds(created_at) / 1_000),
    started_at: padded(action.start_time) || created_at,
    finished_at:
      padded(action.finish_time) || (isResult ? latest(events.map((event) => event.finish_time)) : ''),
    updated_at: latest(
      [action, ...events].flatMap((row) => [row.created_at, row.updated_at, row.start_time, row.finish_time]),
    ),
  };
}

function hasEnded({ cell, action, events }: GeneratedAction): boolean {
  if (action.finish_time !== null) return true;
  const finished = events.filter((event) => event.finish_time !== null);
  const isOpen = (event: (typeof events)[number]): boolean =>
    event.finish_time === null &&
    (cell === 0 ||
      !finished.some(
        (twin) =>
          twin.event === event.event &&
          padded(twin.finish_time) >= padded(event.start_time ?? event.created_at),
      ));
  return events.length > 0 && !events.some(isOpen);
}

function stateOf(of: GeneratedAction): ReferenceAction['state'] {
  const { cell, action, events, server } = of;
  const unfinished = events.length === 0 ? 'empty' : 'open';
  if (!hasEnded(of)) {
    if (!server?.deleted) return unfinished;
    return action.action === 'delete' ? 'success' : 'unknown';
  }
  const results = events.filter(({ result, finish_time: finished }) => result !== null && finished !== null);
  const end = latest(results.map((event) => event.finish_time));
  const last = results.filter((event) => padded(event.finish_time) === end);
  const hasFailed =
    results.length === 0 ? action.message === 'Error' : last.some(({ result }) => result === 'Error');
  if (hasFailed) return 'error';
  if (action.action !== 'create' || cell === 0) return 'success';
  if (server === undefined) return 'unknown';
  if (server.launched_at !== null) return 'success';
  if (server.vm_state === 'error') return 'error';
  return server.vm_state === 'building' ? unfinished : 'unknown';
}
