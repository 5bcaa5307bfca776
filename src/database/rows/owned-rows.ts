import type { EntityTarget, SelectQueryBuilder } from 'typeorm';
import type { NovaApiRow } from './nova-row.entity.js';
import { asCompared, type RowSource, selectRows } from './rows.js';

/** A row that belongs to a project. */
interface OwnedRow extends NovaApiRow {
  readonly uuid: string;
  readonly project_id: string | null;
}

/**
 * Reads rows that belong to a project, in the order of their ids.
 *
 * @param database the source of the rows: `cells.api()`, `await cells.main()` or a `Server`
 * @param wanted `projectId` as in `ofProject`; with a `uuid`, the only result is the row with this UUID
 * @throws DatabaseUnavailable if the database does not respond in time
 */
export function ownedRows<Row extends OwnedRow, Column extends string & keyof Row>(
  database: RowSource,
  entity: EntityTarget<Row>,
  columns: readonly Column[],
  wanted: {
    readonly projectId: string | null | undefined;
    readonly uuid?: string;
    readonly limit?: number;
    readonly offset?: number;
  },
): Promise<Pick<Row, Column>[]> {
  const { projectId, uuid, limit, offset } = wanted;
  return database.rows((source) => {
    const query = ofProject(selectRows(source, entity, columns), projectId);
    if (uuid !== undefined) query.andWhere('item.uuid = :uuid', { uuid: asCompared(uuid) });
    return query.orderBy('item.id').limit(limit).offset(offset).getRawMany<Pick<Row, Column>>();
  });
}

/**
 * Adds a condition to a query of `selectRows`: each row must belong to a project.
 *
 * @param projectId null for rows without a project; undefined for the rows of all projects
 */
export function ofProject<Row extends Pick<OwnedRow, 'project_id'>>(
  query: SelectQueryBuilder<Row>,
  projectId: string | null | undefined,
): SelectQueryBuilder<Row> {
  if (projectId === undefined) return query;
  return projectId === null
    ? query.andWhere('item.project_id IS NULL')
    : query.andWhere('item.project_id = :projectId', { projectId });
}
