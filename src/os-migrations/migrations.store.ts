import { Injectable } from '@nestjs/common';
import type { DataSource, SelectQueryBuilder } from 'typeorm';
import { Cells } from '../database/cells/cells.js';
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

/** Queries read these only for callers who may see them. */
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

/** The states of a live migration that is in progress. */
export const IN_PROGRESS_STATUSES: readonly (string | null)[] = [
  'queued',
  'preparing',
  'running',
  'post-migrating',
];
export const LIVE_MIGRATION = 'live-migration';

/** The filters that compare one column with one text. */
const EQUAL = ['status', 'migration_type', 'instance_uuid', 'user_id', 'project_id'] as const;

/** Which migrations a list has, and whether it shows their hosts. */
export interface Filters {
  readonly query: PagedQueryV280;
  readonly withHosts: boolean;
}

/** Which page of a list is asked for. */
export interface MigrationsPage {
  readonly limit: number;
  readonly after: ServerMigrationRow | undefined;
  readonly changes: ChangePeriod;
}

/** The questions that are asked of migrations. Soft-deleted rows are never in an answer. */
@Injectable()
export class MigrationsStore {
  constructor(private readonly cells: Cells) {}

  /** Those of all cells in one list, newest first. A cell is asked for no more than the page can hold. */
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
   * Those of one cell after those of another, as Nova has them before there are pages. In a cell it leaves the order
   * to its database, which goes by the index that it reads: the one with the status where that leads to fewer rows.
   */
  async all(deadline: number, filters: Filters): Promise<ServerMigrationRow[]> {
    const lists = await this.cells.rows(
      deadline,
      (source) => {
        const query = filtered(source, filters);
        if (filters.query.instance_uuid !== undefined) byIndexRead(source, query);
        return query.addOrderBy('item.id').getRawMany<ServerMigrationRow>();
      },
      ({ isCell0 }) => !isCell0,
    );
    return lists.flat();
  }

  /**
   * In whatever cell it is, but for the one of servers that never came to a host.
   *
   * @param projectId the project that it must be of; undefined for any
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
        if (projectId !== undefined) query.andWhere('item.project_id = :projectId', { projectId });
        return query.getRawMany<ServerMigrationRow>();
      },
      ({ isCell0 }) => !isCell0,
    );
    return lists.flat()[0];
  }

  /** A server's live migrations that are in progress. */
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

  /** @param id as it stands in the URL: Nova's database makes a number of it */
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
  for (const column of EQUAL) {
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

function byIndexRead(source: DataSource, query: SelectQueryBuilder<ServerMigration>): void {
  const softDeleted = source
    .createQueryBuilder(ServerMigration, 'gone')
    .select('1')
    .where('gone.instance_uuid = :instance_uuid')
    .andWhere('gone.deleted <> 0');
  query.orderBy(`CASE WHEN EXISTS (${softDeleted.getQuery()}) THEN item.status END`);
}
