import type { LogCell } from '../ledger/cells/log-cells.js';
import type {
  Condition,
  Scope,
  SearchQuery,
  Sort,
  TextField,
  TimeField,
} from '../ledger/search/search-query.js';
import type { FilterCondition } from '../nova/query/filters.js';
import type { ActionsQuery } from './action-log.query.js';

/** The number of items on a page: by default, and at most. */
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** The cell of the actions of the store itself. */
const OWN_CELL = { number: 0, name: null };

/** The filters in the order of the text for cursors. The filter `cell` is not among them: see `cellsOf`. */
const TEXTS: readonly TextField[] = [
  ...(['action', 'event', 'host', 'project_id', 'request_id', 'server_id', 'status', 'user_id'] as const),
];
const TIMES: readonly TimeField[] = ['created_at', 'finished_at', 'started_at', 'updated_at'];

/** The part of a search that comes from the query of a request. */
export type RequestedSearch = Pick<SearchQuery, 'conditions' | 'sort' | 'limit'>;

/** Converts the query of a request to a search. */
export function searchOf(query: ActionsQuery): RequestedSearch {
  const conditions = [...TEXTS, ...TIMES].flatMap((field) =>
    (query[field] ?? []).map(
      (condition) =>
        ({ field, ...(field === 'server_id' ? withStoredUuids(condition) : condition) }) as Condition,
    ),
  );
  const sort: Sort = query.sort === 'created_at:asc' ? 'asc' : 'desc';
  return { conditions, sort, limit: pageSize(query) };
}

/** Matches a UUID in any case. The store has UUIDs in lower case. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function withStoredUuids({ operator, values }: FilterCondition): FilterCondition {
  return { operator, values: values.map((value) => (UUID.test(value) ? value.toLowerCase() : value)) };
}

/** Returns the maximum number of items on a page. */
export function pageSize({ limit = DEFAULT_LIMIT }: { readonly limit?: number }): number {
  return Math.min(limit, MAX_LIMIT);
}

/**
 * Returns the numbers of the cells whose actions fulfill the conditions on the name of the cell.
 *
 * @param cells all cells of Nova. Several may have the same name, or none
 * @returns undefined without conditions
 */
export function cellsOf(
  conditions: readonly FilterCondition[] = [],
  cells: readonly Pick<LogCell, 'number' | 'name'>[],
): readonly number[] | undefined {
  if (conditions.length === 0) return undefined;
  const isWanted = ({ name }: Pick<LogCell, 'name'>): boolean =>
    conditions.every(({ operator, values }) => {
      const isListed = name !== null && values.includes(name);
      return isListed === (operator === 'in');
    });
  return [OWN_CELL, ...cells].filter(isWanted).map(({ number }) => number);
}

/**
 * Returns the text to which the cursors of a list are bound: everything that decides which actions the list has, and
 * their order. The size of the pages is not part of it.
 */
export function bindingOf(query: ActionsQuery, scope: Scope): string {
  const { conditions, sort } = searchOf(query);
  return JSON.stringify([scope, sort, conditions, query.cell ?? []]);
}
