import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { Cells } from '../database/cells/cells.js';
import { ofProject } from '../database/rows/owned-rows.js';
import { asCompared, asNumber, type RawRow, selectRows } from '../database/rows/rows.js';
import {
  filterByChangePeriod,
  type ChangePeriod,
  mergeNewestFirst,
  orderNewestFirst,
} from '../nova/pagination/page.js';
import type { Server } from '../nova/servers/server.js';
import type { PagedQueryV280 } from './migrations.query.js';
import { ServerMigration } from './server-migration.entity.js';

/** The columns that contain hosts. Queries read them only for callers who may see hosts. */
const HOST_COLUMNS = ['source_compute', 'source_node', 'dest_compute', 'dest_node', 'dest_host'] as const;

export type HostColumn = (typeof HOST_COLUMNS)[number];

const COLUMNS = [
  'id',
  'uuid',
  'instance_uuid',
  'status',
  'migration_type',
  'old_instance_type_id',
  'new_instance_type_id',
  'hidden',
  'memory_total',
  'memory_processed',
  'memory_remaining',
  'disk_total',
  'disk_processed',
  'disk_remaining',
  'user_id',
  'project_id',
  'created_at',
  'updated_at',
] as const;

export type ServerMigrationRow = RawRow<ServerMigration, (typeof COLUMNS)[number]> &
  Partial<RawRow<ServerMigration, HostColumn>>;

/** The statuses that a live migration may have while it is in progress. */
export const IN_PROGRESS_STATUSES: readonly (string | null)[] = [
  'queued',
  'preparing',
  'running',
  'post-migrating',
];
export const LIVE_MIGRATION = 'live-migration';

/** The columns with a filter of the same name, whose value is a text. */
const TEXT_FILTERS = ['status', 'migration_type', 'instance_uuid', 'user_id', 'project_id'] as const;

/** The filters of a list, and `withHosts`: true if the caller may see hosts. */
export interface Filters {
  readonly query: PagedQueryV280;
  readonly withHosts: boolean;
}

/** The requested page of a list. */
export interface MigrationsPage {
  readonly limit: number;
  readonly after: ServerMigrationRow | undefined;
  readonly changes: ChangePeriod;
}

/** Queries migrations in the databases of the cells. Never returns soft-deleted rows. */
@Injectable()
export class MigrationsStore {
  constructor(private readonly cells: Cells) {}

  /**
   * Returns a page of the migrations of all cells, newest first. From each cell it reads at most as many rows as a page
   * has.
   */
  async page(deadline: number, filters: Filters, page: MigrationsPage): Promise<ServerMigrationRow[]> {
    const { limit, after, changes } = page;
    const lists = await this.cells.rows(deadline, (source) =>
      orderNewestFirst(filterByChangePeriod(filtered(source, filters), changes), after)
        .limit(limit)
        .getRawMany<ServerMigrationRow>(),
    );
    return mergeNewestFirst(lists, limit);
  }

  /**
   * Returns all migrations, one cell after the other, as Nova does before microversion 2.59. Nova's query has no ORDER
   * BY, so the order within a cell depends on the index that the database uses. If the list is filtered by server, this
   * method reproduces that order.
   */
  async all(deadline: number, filters: Filters): Promise<ServerMigrationRow[]> {
    const lists = await this.cells.rows(
      deadline,
      (source) => {
        const query = filtered(source, filters);
        if (filters.query.instance_uuid !== undefined) orderAsIndex(source, query);
        return query.addOrderBy('item.id').getRawMany<ServerMigrationRow>();
      },
      ({ isCell0 }) => !isCell0,
    );
    return lists.flat();
  }

  /**
   * Finds a migration by its UUID in all cells except cell0.
   *
   * @param projectId the project of the migration; undefined for any project
   */
  async byUuid(
    deadline: number,
    uuid: string,
    projectId: string | null | undefined,
  ): Promise<ServerMigrationRow | undefined> {
    const lists = await this.cells.rows(
      deadline,
      (source) => {
        const query = select(source, false).andWhere('item.uuid = :uuid', { uuid: asCompared(uuid) });
        return ofProject(query, projectId).getRawMany<ServerMigrationRow>();
      },
      ({ isCell0 }) => !isCell0,
    );
    return lists.flat()[0];
  }

  /** Returns a server's live migrations in progress. */
  liveInProgress(server: Server, withHosts: boolean): Promise<ServerMigrationRow[]> {
    return server.rows((source) =>
      ofServer(source, server, withHosts)
        .andWhere('item.migration_type = :live', { live: LIVE_MIGRATION })
        .andWhere('item.status IN (:...statuses)', { statuses: IN_PROGRESS_STATUSES })
        .orderBy('item.status')
        .addOrderBy('item.id')
        .getRawMany<ServerMigrationRow>(),
    );
  }

  /**
   * Finds a migration of a server by its id.
   *
   * @param id the text in the URL, which is converted to a number by MariaDB's rules
   */
  async ofServer(server: Server, id: string): Promise<ServerMigrationRow | undefined> {
    const [row] = await server.rows((source) =>
      ofServer(source, server, true)
        .andWhere('item.id = :id', { id: asNumber(id) })
        .getRawMany<ServerMigrationRow>(),
    );
    return row;
  }
}

function select(source: DataSource, withHosts: boolean): SelectQueryBuilder<ServerMigration> {
  return selectRows(source, ServerMigration, withHosts ? [...COLUMNS, ...HOST_COLUMNS] : COLUMNS);
}

function ofServer(
  source: DataSource,
  server: Server,
  withHosts: boolean,
): SelectQueryBuilder<ServerMigration> {
  return select(source, withHosts).andWhere('item.instance_uuid = :uuid', { uuid: server.uuid });
}

function filtered(
  source: DataSource,
  { query: filters, withHosts }: Filters,
): SelectQueryBuilder<ServerMigration> {
  const query = select(source, withHosts);
  const { host, source_compute: from, hidden } = filters;
  for (const column of TEXT_FILTERS) {
    const text = filters[column];
    if (text !== undefined) query.andWhere(`item.${column} = :${column}`, { [column]: asCompared(text) });
  }
  if (host !== undefined) {
    query.andWhere('(item.source_compute = :host OR item.dest_compute = :host)', { host: asCompared(host) });
  } else if (from !== undefined) {
    query.andWhere('item.source_compute = :from', { from: asCompared(from) });
  }
  if (hidden !== undefined) query.andWhere('item.hidden = :hidden', { hidden: asNumber(hidden) });
  return query;
}

/**
 * Orders the rows as Nova's query returns them. That query has no ORDER BY, so MariaDB returns the rows in the order of
 * the index that it uses. If the server has soft-deleted migrations, this index contains the status.
 */
function orderAsIndex(source: DataSource, query: SelectQueryBuilder<ServerMigration>): void {
  const softDeleted = source
    .createQueryBuilder(ServerMigration, 'soft_deleted')
    .select('1')
    .where('soft_deleted.instance_uuid = :instance_uuid')
    .andWhere('soft_deleted.deleted <> 0');
  query.orderBy(`CASE WHEN EXISTS (${softDeleted.getQuery()}) THEN item.status END`);
}
