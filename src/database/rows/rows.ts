import type { DataSource, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { trimEnd } from '../../common/trim-end.js';
import type { RawTime } from './time.js';

/** Some columns of an entity, with the types that a query for raw rows returns: for example, texts for times. */
export type RawRow<Entity, Column extends keyof Entity> = {
  readonly [Name in Column]: Date extends Entity[Name] ? RawTime | null : Entity[Name];
};

/** A database that one request queries: the cell of a server, Nova's main database or Nova's API database. */
export interface RowSource {
  /** Runs a query, and returns its rows. @throws DatabaseUnavailable if the database does not respond in time */
  rows<Row>(query: (source: DataSource) => Promise<Row[]>): Promise<Row[]>;
}

/**
 * Builds a query for raw rows of an entity. In conditions, the table has the alias `item`. The query reads only the
 * given columns, because Nova's tables have many more columns. The query skips soft-deleted rows, which only tables of
 * Nova's cells have.
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

/**
 * Removes the spaces at the end of a text, for a comparison in SQL. When MySQL compares texts, it ignores these spaces;
 * SQLite does not. Returns any other value unchanged.
 */
export function asCompared<Value extends string | number | null>(value: Value): Value {
  return typeof value === 'string' ? (trimEnd(value, ' ') as Value) : value;
}

/**
 * Converts a text to a number, as MySQL does when it compares a text with a number. Returns the number at the start of
 * the text, or 0 if the text does not start with a number.
 */
export function asNumber(text: string): number {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : 0;
}
