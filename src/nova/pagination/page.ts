import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { type RawTime, sortableTime } from '../../database/rows/time.js';
import { BadRequest } from '../fault/faults.js';
import type { Moment } from '../query/iso-time.js';

/** The parameters of a list in pages. */
export interface PageQuery {
  /** The most items that the caller wants. */
  readonly limit?: number;
  /** Names the last item of the page before. */
  readonly marker?: string;
}

/** The parameters of a list that can be limited to a span of time. */
export interface ChangesQuery {
  readonly 'changes-since'?: Moment;
  readonly 'changes-before'?: Moment;
}

/** Items of a list, and where the next page begins; undefined where there can be none. */
export interface ListPage<Item> {
  readonly items: readonly Item[];
  readonly nextMarker: string | undefined;
}

/** The item after which another page may begin: the last one of a page that is full. */
export function lastItemOfFullPage<Item>(items: readonly Item[], limit: number): Item | undefined {
  return items.length === limit ? items.at(-1) : undefined;
}

/** How many items a page may have. */
export function pageLimit({ limit = Infinity }: PageQuery, maxLimit: number): number {
  return Math.min(limit, maxLimit);
}

/**
 * Newest first, and of the same time the higher id first; after another item if one is given. Ids are unique in one
 * database only: `uuid` orders further what comes from several.
 */
export function orderNewestFirst<Item extends ObjectLiteral>(
  query: SelectQueryBuilder<Item>,
  after: Position | undefined,
): SelectQueryBuilder<Item> {
  query.orderBy('item.created_at', 'DESC').addOrderBy('item.id', 'DESC');
  if (after === undefined) return query;
  // The names are not those of the question itself.
  const { created_at: afterTime, id: afterId, uuid: afterUuid = null } = after;
  const sameIdLater = afterUuid === null ? '' : ' OR (item.id = :afterId AND item.uuid > :afterUuid)';
  const later = `(item.id < :afterId${sameIdLater})`;
  // A marker without a time of creation leaves only the ids to go by, as in Nova.
  const isAfter =
    afterTime === null
      ? later
      : `(item.created_at < :afterTime OR (item.created_at = :afterTime AND ${later}))`;
  return query.andWhere(isAfter, { afterTime, afterId, afterUuid });
}

/** Where an item stands in that order. */
export interface Position {
  readonly id: number;
  readonly created_at: RawTime | null;
  readonly uuid?: string | null;
  readonly updated_at?: RawTime | null;
}

/**
 * The items of several databases, each list newest first, as one such list of at most `limit`. Two of them may be
 * one database under two addresses: the same row, read twice, is one item.
 */
export function mergeNewestFirst<Item extends Position>(lists: readonly Item[][], limit: number): Item[] {
  if (lists.length === 1) return lists[0] ?? [];
  const rows = new Map<string, Item>();
  for (const item of lists.flat()) {
    const key = sameRow(item);
    const other = rows.get(key);
    if (other === undefined || changed(item) > changed(other)) rows.set(key, item);
  }
  return [...rows.values()]
    .sort((a, b) => compareNewestFirst(a, b) || compareTexts(a.uuid ?? '', b.uuid ?? ''))
    .slice(0, limit);
}

/** Equal for what is one row of one database. Such a row may change between two queries. */
function sameRow(item: Position): string {
  return JSON.stringify(item.uuid ? [item.uuid, item.id, item.created_at] : item);
}

function changed({ updated_at: updated = null }: Position): string {
  return sortableTime(updated);
}

/** Compares two items of one database: the newer first, and of the same time the one with the higher id. */
export function compareNewestFirst(a: Position, b: Position): number {
  return compareTexts(sortableTime(b.created_at), sortableTime(a.created_at)) || b.id - a.id;
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Leaves only items that changed within a span of time. */
export function filterByChangePeriod<Item extends ObjectLiteral>(
  query: SelectQueryBuilder<Item>,
  { since, before }: ChangePeriod,
): SelectQueryBuilder<Item> {
  if (since !== undefined) query.andWhere('item.updated_at >= :since', { since: since.text });
  if (before !== undefined) query.andWhere('item.updated_at <= :before', { before: before.text });
  return query;
}

/** A span of time in which items changed, both ends included. */
export interface ChangePeriod {
  readonly since: Moment | undefined;
  readonly before: Moment | undefined;
}

/** @throws BadRequest if the span ends before it begins */
export function readChangePeriod({
  'changes-since': since,
  'changes-before': before,
}: ChangesQuery): ChangePeriod {
  if (since !== undefined && before !== undefined && before.microseconds < since.microseconds) {
    throw new BadRequest('The value of changes-since must be less than or equal to changes-before.');
  }
  return { since, before };
}
