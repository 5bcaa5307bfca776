import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import { isoTime } from '../database/rows/time.js';
import type { RequestContext } from '../identity/request-context.js';
import { BadRequest, NotFound } from '../nova/fault/faults.js';
import { lastItemOfFullPage, type ListPage, pageLimit, readChangePeriod } from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import type { Server } from '../nova/servers/server.js';
import { type ListQuery, PagedQuery } from './migrations.query.js';
import {
  IN_PROGRESS_STATUSES,
  LIVE_MIGRATION,
  type ServerMigrationRow,
  MigrationsStore,
} from './migrations.store.js';

@Injectable()
export class MigrationsService {
  constructor(
    private readonly settings: Settings,
    private readonly store: MigrationsStore,
  ) {}

  /**
   * Returns a page of migrations; before microversion 2.59, all of them.
   *
   * If the caller may not list all projects, a marker in another project is treated as unknown. Nova instead reveals
   * that such a migration exists.
   *
   * @throws BadRequest for an unknown marker, or if changes-before is earlier than changes-since
   */
  async list(
    caller: RequestContext,
    query: ListQuery,
    { view, fields }: Access,
  ): Promise<ListPage<ServerMigrationRow>> {
    const deadline = answerDeadline();
    const filters = { query, withHosts: view === 'internal' };
    if (!(query instanceof PagedQuery)) {
      return { items: shown(await this.store.all(deadline, filters)), nextMarker: undefined };
    }
    const changes = readChangePeriod(query);
    const { marker } = query;
    const limit = pageLimit(query, this.settings.MAX_LIMIT);
    const project = fields['allProjects'] === true ? undefined : caller.projectId;
    const after = marker ? await this.migrationAtMarker(deadline, marker, project) : undefined;
    if (limit === 0) return { items: [], nextMarker: undefined };
    const page = await this.store.page(deadline, filters, { limit, after, changes });
    const migrations = shown(newestOfEach(page));
    // As in Nova, a page is shorter than `limit` if hidden or outdated records were removed from it. Such a page has no
    // next page.
    return { items: migrations, nextMarker: lastItemOfFullPage(migrations, limit)?.uuid ?? undefined };
  }

  /** Returns a server's live migrations in progress. */
  listOfServer(server: Server, { view }: Access): Promise<readonly ServerMigrationRow[]> {
    return this.store.liveInProgress(server, view === 'internal');
  }

  /**
   * Returns a live migration in progress.
   *
   * @throws NotFound unless the server has a live migration in progress with this id
   */
  async show(server: Server, id: string): Promise<ServerMigrationRow> {
    const migration = await this.store.ofServer(server, id);
    if (migration === undefined) {
      throw new NotFound(`In-progress live migration ${id} is not found for server ${server.urlId}.`);
    }
    if (migration.migration_type !== LIVE_MIGRATION) {
      throw new NotFound(`Migration ${id} for server ${server.urlId} is not live-migration.`);
    }
    if (!IN_PROGRESS_STATUSES.includes(migration.status)) {
      throw new NotFound(`Live migration ${id} for server ${server.urlId} is not in progress.`);
    }
    return migration;
  }

  /**
   * Returns the migration with the UUID in a marker.
   *
   * @param projectId the project of the migration; undefined for any project
   */
  private async migrationAtMarker(
    deadline: number,
    marker: string,
    projectId: string | null | undefined,
  ): Promise<ServerMigrationRow> {
    const migration = await this.store.byUuid(deadline, marker, projectId);
    if (migration === undefined) throw new BadRequest(`Marker ${marker} could not be found.`);
    return migration;
  }
}

function shown(migrations: readonly ServerMigrationRow[]): ServerMigrationRow[] {
  return migrations.filter(({ hidden }) => !hidden);
}

/**
 * Returns one record of each migration. If a server moves between cells, both cells have a record of the migration,
 * with the same UUID. The result contains the record that changed last, at the position of the record that comes first
 * in the list.
 */
function newestOfEach(migrations: readonly ServerMigrationRow[]): ServerMigrationRow[] {
  const byUuid = new Map<string | ServerMigrationRow, ServerMigrationRow>();
  for (const migration of migrations) {
    // Ids are unique only within a cell, so a migration without a UUID is not equal to any other.
    const key = migration.uuid ?? migration;
    const other = byUuid.get(key);
    byUuid.set(key, other !== undefined && changeTime(other) > changeTime(migration) ? other : migration);
  }
  return [...byUuid.values()];
}

function changeTime({ updated_at: updated, created_at: created }: ServerMigrationRow): string {
  return isoTime(updated) ?? isoTime(created) ?? '';
}
