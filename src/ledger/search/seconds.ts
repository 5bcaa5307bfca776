import { millisecondsOf } from '../../database/rows/time.js';
import { MAX_SECOND } from './search-row.js';
import type { Cursor, SearchQuery, Sort } from './search-query.js';
import { conditionsOn } from './wanted.js';

/** A range of places in a list. */
export interface Range {
  /** The first and the last second. Both belong to the range. */
  readonly from: number;
  readonly to: number;
  /** If it is set, the range has one second. In this second, it begins after this id, in the order of reading. */
  readonly afterId?: number;
}

/** The seconds in which the wanted actions were created. */
export interface Seconds {
  readonly from: number;
  readonly to: number;
  /** True if the range alone decides the conditions on `created_at`. */
  readonly isExact: boolean;
}

/** Returns the seconds that the conditions on `created_at` allow. The range is empty if `from` is higher than `to`. */
export function wantedSeconds(query: SearchQuery): Seconds {
  let [from, to, isExact] = [0, MAX_SECOND, true];
  for (const { operator, values } of conditionsOn(query, 'created_at')) {
    const seconds = values.map((value) => Math.floor(millisecondsOf(value) / 1_000));
    const isWhole = values.every((value) => value.endsWith('.000000'));
    // An unknown time has the second 0. Only `nin` matches it.
    if (operator !== 'nin') from = Math.max(from, 1);
    if (operator === 'in' || operator.startsWith('gt')) from = Math.max(from, Math.min(...seconds));
    if (operator === 'in' || operator === 'lte') to = Math.min(to, Math.max(...seconds));
    if (operator === 'lt') to = Math.min(to, Math.max(...seconds) - (isWhole ? 1 : 0));
    isExact &&= isWhole && (operator === 'gte' || operator === 'lt');
  }
  return { from, to, isExact };
}

/** Returns the order in which a search reads: it reads a previous page in the opposite order of the list. */
export function readingOrder(sort: Sort, cursor: Cursor | undefined): Sort {
  if (cursor?.direction !== 'previous') return sort;
  return sort === 'asc' ? 'desc' : 'asc';
}

/**
 * Returns the ranges that follow the place of a cursor: the rest of its second, and the other seconds. Each of them is
 * one range of an index. MariaDB would read an index from its start for a condition such as `(second, id) < (?, ?)`.
 */
export function rangesAfter({ from, to }: Seconds, cursor: Cursor | undefined, order: Sort): Range[] {
  if (from > to) return [];
  if (cursor === undefined) return [{ from, to }];
  const { second, id } = cursor;
  const sameSecond = second >= from && second <= to ? [{ from: second, to: second, afterId: id }] : [];
  const [first, last] =
    order === 'desc' ? [from, Math.min(to, second - 1)] : [Math.max(from, second + 1), to];
  return [...sameSecond, ...(first <= last ? [{ from: first, to: last }] : [])];
}
