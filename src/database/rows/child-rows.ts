import type { EntityTarget } from 'typeorm';
import { groupBy } from '../../common/group-by.js';
import type { NovaApiRow } from './nova-row.entity.js';
import { type RowSource, selectRows } from './rows.js';

/**
 * Reads the child rows of many rows, such as the hosts of aggregates, with one query for all of them.
 *
 * @param database the source of the rows: `cells.api()`, `await cells.main()` or a `Server`
 * @param parent the column of the child rows that contains the id of the parent row
 * @param ids the ids of the parent rows
 * @returns a map from a parent's id to its child rows, which are in the order of their own ids. A parent without child
 * rows has no entry
 * @throws DatabaseUnavailable if the database does not respond in time
 */
export async function childRows<Child extends NovaApiRow, Column extends string & keyof Child>(
  database: RowSource,
  entity: EntityTarget<Child>,
  columns: readonly Column[],
  parent: string & keyof Child,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly Pick<Child, Column>[]>> {
  if (ids.length === 0) return new Map();
  const rows = await database.rows((source) =>
    selectRows(source, entity, [...new Set([parent, ...columns])])
      .andWhere(`item.${parent} IN (:...ids)`, { ids })
      .orderBy('item.id')
      .getRawMany<Child>(),
  );
  return groupBy(rows, (row) => Number(row[parent]));
}
