import type { DataSource, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { trimEnd } from '../../common/trim-end.js';
import type { RawTime } from './time.js';

/** Some columns of an entity as a query for raw rows returns them: times are texts. */
export type RawRow<Entity, Column extends keyof Entity> = {
  readonly [Name in Column]: Date extends Entity[Name] ? RawTime | null : Entity[Name];
};

/** Runs queries for rows, for the time of one request: a server's database, or one that Nova has once for all cells. */
export interface RowSource {
  /** @throws DatabaseUnavailable when the database does not answer in time */
  rows<Row>(query: (source: DataSource) => Promise<Row[]>): Promise<Row[]>;
}

/**
 * A query for raw rows of an entity's table, whose name in the query is `item`. It reads only the columns that are
 * named: Nova's tables have many more. It leaves out soft-deleted rows; tables of Nova's API database have none.
 */
export function selectRows<Row extends ObjectLiteral>(
  source: DataSource,
  entity: EntityTarget<Row>,
  columns: readonly (keyof Row & string)[],
): SelectQueryBuilder<Row> {
  const query = source.createQueryBuilder(entity, 'item').select([]);
  for (const column of columns) query.addSelect(`item.${column}`, column);
  const canBeDeleted = source.getMetadata(entity).findColumnWithPropertyName('deleted') !== undefined;
  return canBeDeleted ? query.where('item.deleted = 0') : query;
}

/** MySQL ignores trailing spaces when it compares texts. All stores must, so that a text finds the same rows in each. */
export function asCompared<Value extends string | number | null>(value: Value): Value {
  return typeof value === 'string' ? (trimEnd(value, ' ') as Value) : value;
}

/** The number that MySQL reads from a text that it compares with a number: that at its beginning, else 0. */
export function asNumber(text: string): number {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : 0;
}
