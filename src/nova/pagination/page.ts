import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { type RawTime, sortableTime } from '../../database/rows/time.js';
import { BadRequest } from '../fault/faults.js';
import type { Moment } from '../query/iso-time.js';

/** The query parameters of a list that is returned page by page. */
export interface PageQuery {
  /** The maximum number of items that the caller requests. */
  readonly limit?: number;
  /** Identifies the last item of the previous page. */
  readonly marker?: string;
}

/** The parameters that limit a list to items that changed in a period. */
export interface ChangesQuery {
  readonly 'changes-since'?: Moment;
  readonly 'changes-before'?: Moment;
}

/**
 * One page of a list: its items, and the marker with which a client requests the next page. The marker is undefined on
 * the last page.
 */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextMarker: string | undefined;
}

/** Returns the last item of a full page; undefined if the page is not full, because no other page can follow then. */
export function lastItemOfFullPage<Item>(items: readonly Item[], limit: number): Item | undefined {
  return items.length === limit ? items.at(-1) : undefined;
}

/** Returns the maximum number of items on a page. */
export function pageLimit({ limit = Infinity }: PageQuery, maxLimit: number): number {
  return Math.min(limit, maxLimit);
}

/**
 * Orders the rows of a query newest first: by creation time, then by id, both descending.
 *
 * @param after the item after which the page begins. Items from different databases may have the same time and id; then
 *   the UUID, if there is one, decides the order.
 */
export function orderNewestFirst<Item extends ObjectLiteral>(
  query: SelectQueryBuilder<Item>,
  after: Position | undefined,
): SelectQueryBuilder<Item> {
  query.orderBy('item.created_at', 'DESC').addOrderBy('item.id', 'DESC');
  if (after === undefined) return query;
  // The names of these SQL parameters must differ from those that the query already contains.
  const { created_at: afterTime, id: afterId, uuid: afterUuid = null } = after;
  const sameIdLater = afterUuid === null ? '' : ' OR (item.id = :afterId AND item.uuid > :afterUuid)';
  const later = `(item.id < :afterId${sameIdLater})`;
  // If the item of the marker has no creation time, only the ids are compared, as in Nova.
  const isAfter =
    afterTime === null
      ? later
      : `(item.created_at < :afterTime OR (item.created_at = :afterTime AND ${later}))`;
  return query.andWhere(isAfter, { afterTime, afterId, afterUuid });
}

/** The fields of an item that decide its position in a list. */
export interface Position {
  readonly id: number;
  readonly created_at: RawTime | null;
  readonly uuid?: string | null;
  readonly updated_at?: RawTime | null;
}

/**
 * Merges the lists of several databases, each newest first, into one list of at most `limit` items. The addresses of
 * two cells may lead to the same database, so a row that occurs in two lists becomes one item.
 */
export function mergeNewestFirst<Item extends Position>(lists: readonly Item[][], limit: number): Item[] {
  if (lists.length === 1) return lists[0] ?? [];
  const rows = new Map<string, Item>();
  for (const item of lists.flat()) {
    const key = rowKey(item);
    const other = rows.get(key);
    if (other === undefined || changeTime(item) > changeTime(other)) rows.set(key, item);
  }
  return [...rows.values()]
    .sort((a, b) => compareNewestFirst(a, b) || compareTexts(a.uuid ?? '', b.uuid ?? ''))
    .slice(0, limit);
}

/**
 * Returns a key that identifies a row. For a row with a UUID, the key omits all columns that may change between two
 * reads.
 */
function rowKey(item: Position): string {
  return JSON.stringify(item.uuid ? [item.uuid, item.id, item.created_at] : item);
}

function changeTime({ updated_at: updated = null }: Position): string {
  return sortableTime(updated);
}

/** Compares two items of one database: the newer one first; at equal times, the one with the higher id first. */
export function compareNewestFirst(a: Position, b: Position): number {
  return compareTexts(sortableTime(b.created_at), sortableTime(a.created_at)) || b.id - a.id;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Adds a filter to a query: only items that changed in the period. */
export function filterByChangePeriod<Item extends ObjectLiteral>(
  query: SelectQueryBuilder<Item>,
  { since, before }: ChangePeriod,
): SelectQueryBuilder<Item> {
  if (since !== undefined) query.andWhere('item.updated_at >= :since', { since: since.text });
  if (before !== undefined) query.andWhere('item.updated_at <= :before', { before: before.text });
  return query;
}

/**
 * Adds a filter to a query as `filterByChangePeriod` does, for a table whose times have microseconds. Nova's columns hold
 * whole seconds, so the fraction of an item's time does not count.
 */
export function filterByChangeSecond<Item extends ObjectLiteral>(
  query: SelectQueryBuilder<Item>,
  { since, before }: ChangePeriod,
): SelectQueryBuilder<Item> {
  if (since !== undefined) {
    const isWholeSecond = /\.0+$/.test(since.text);
    const from = isWholeSecond ? since.text.slice(0, 19) : nextSecond(since);
    query.andWhere('item.updated_at >= :from', { from });
  }
  if (before !== undefined) query.andWhere('item.updated_at < :until', { until: nextSecond(before) });
  return query;
}

/** Returns the first whole second after a moment, in the format of database columns. */
function nextSecond({ text }: Moment): string {
  const second = new Date(`${text.slice(0, 19).replace(' ', 'T')}Z`);
  second.setUTCSeconds(second.getUTCSeconds() + 1);
  // The range of a column ends with the year 9999.
  if (second.getUTCFullYear() > 9999) return '9999-12-31 23:59:59.999999';
  return second.toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * A period in which items changed. Both ends belong to the period. If an end is undefined, the period is unlimited on
 * that side.
 */
export interface ChangePeriod {
  readonly since: Moment | undefined;
  readonly before: Moment | undefined;
}

/** Returns the period that a query specifies. @throws BadRequest if the period ends before it begins */
export function readChangePeriod({
  'changes-since': since,
  'changes-before': before,
}: ChangesQuery): ChangePeriod {
  if (since !== undefined && before !== undefined && before.microseconds < since.microseconds) {
    throw new BadRequest('The value of changes-since must be less than or equal to changes-before.');
  }
  return { since, before };
}
