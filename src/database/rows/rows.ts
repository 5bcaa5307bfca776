import type { DataSource, EntityTarget, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { trimEnd } from '../../common/trim-end.js';
import type { RawTime } from './time.js';

/** Some columns of an entity as a query for raw rows returns them: times are texts. */
export type RawRow<Entity, Column extends keyof Entity> = {
  readonly [Name in Column]: Date extends Entity[Name] ? RawTime | null : Entity[Name];
};

/**
 * A question for raw rows of an entity's table, which goes by the name `item` in it. Only the columns that are
 * named are read: Nova's tables have many more. Rows that are soft-deleted are left out; those of Nova's API database
 * cannot be.
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

/** MySQL overlooks trailing spaces when it compares; so must every store, or one text finds different rows. */
export function asCompared<Value extends string | number | null>(value: Value): Value {
  return typeof value === 'string' ? (trimEnd(value, ' ') as Value) : value;
}

/** The number that MySQL takes a text for when it compares it with one: what it begins with, else 0. */
export function asNumber(text: string): number {
  const number = Number.parseFloat(text);
  return Number.isFinite(number) ? number : 0;
}
