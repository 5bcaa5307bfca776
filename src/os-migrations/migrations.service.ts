import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import { isoTime } from '../database/rows/time.js';
import type { RequestContext } from '../identity/request-context.js';
import { BadRequest, NotFound } from '../nova/fault/faults.js';
import { lastOfFull, type Listed, readChanges, readPage } from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import type { QueryParameters } from '../nova/query/query-steps.js';
import type { Server } from '../nova/servers/server.js';
import { IN_PROGRESS, LIVE_MIGRATION, type MigrationRow, MigrationsStore } from './migrations.store.js';

/** What list and show mean. */
@Injectable()
export class MigrationsService {
  constructor(
    private readonly settings: Settings,
    private readonly store: MigrationsStore,
  ) {}

  /** Before paging came (2.59), a list holds all. */
  async listAll(
    _caller: RequestContext,
    query: QueryParameters,
    { view }: Access,
  ): Promise<Listed<MigrationRow>> {
    const migrations = await this.store.all(answerDeadline(), { query, withHosts: view === 'internal' });
    return { items: shown(migrations), nextMarker: undefined };
  }

  /**
   * To a caller who may not list all projects, a marker of another project is none; Nova tells them that it exists.
   *
   * @throws BadRequest for a marker that is none, or times in the wrong order
   */
  async listPage(
    caller: RequestContext,
    query: QueryParameters,
    { view, fields }: Access,
  ): Promise<Listed<MigrationRow>> {
    const deadline = answerDeadline();
    const changes = readChanges(query);
    const { limit, marker } = readPage(query, this.settings.MAX_LIMIT);
    const project = fields['allProjects'] === true ? undefined : caller.projectId;
    const after = marker ? await this.migrationAtMarker(deadline, marker, project) : undefined;
    if (limit === 0) return { items: [], nextMarker: undefined };
    const filters = { query, withHosts: view === 'internal' };
    const page = await this.store.page(deadline, filters, { limit, after, changes });
    const migrations = shown(newestOfEach(page));
    // As in Nova, a page from which one was left out is taken for the last.
    return { items: migrations, nextMarker: lastOfFull(migrations, limit)?.uuid ?? undefined };
  }

  /** A server's live migrations that are in progress. */
  async listOfServer(
    _caller: RequestContext,
    server: Server,
    { view }: Access,
  ): Promise<readonly MigrationRow[]> {
    return this.store.liveInProgress(server, view === 'internal');
  }

  /** @throws NotFound for an id that is none of the server's live migrations in progress */
  async show(_caller: RequestContext, server: Server, id: string): Promise<MigrationRow> {
    const migration = await this.store.ofServer(server, id);
    if (migration === undefined) {
      throw new NotFound(`In-progress live migration ${id} is not found for server ${server.urlId}.`);
    }
    if (migration.migration_type !== LIVE_MIGRATION) {
      throw new NotFound(`Migration ${id} for server ${server.urlId} is not live-migration.`);
    }
    if (!IN_PROGRESS.includes(migration.status)) {
      throw new NotFound(`Live migration ${id} for server ${server.urlId} is not in progress.`);
    }
    return migration;
  }

  /** @param projectId the project that it must be of; undefined for any */
  private async migrationAtMarker(
    deadline: number,
    marker: string,
    projectId: string | null | undefined,
  ): Promise<MigrationRow> {
    const migration = await this.store.byUuid(deadline, marker, projectId);
    if (migration === undefined) throw new BadRequest(`Marker ${marker} could not be found.`);
    return migration;
  }
}

function shown(migrations: readonly MigrationRow[]): MigrationRow[] {
  return migrations.filter(({ hidden }) => !hidden);
}

/** While a server moves between cells both have a record of it: in the place of the first stands the one that changed last. */
function newestOfEach(migrations: readonly MigrationRow[]): MigrationRow[] {
  const byUuid = new Map<string | MigrationRow, MigrationRow>();
  for (const migration of migrations) {
    // Its number is its own in its cell alone.
    const key = migration.uuid ?? migration;
    const other = byUuid.get(key);
    byUuid.set(key, other !== undefined && changed(other) > changed(migration) ? other : migration);
  }
  return [...byUuid.values()];
}

function changed({ updated_at: updated, created_at: created }: MigrationRow): string {
  return isoTime(updated) ?? isoTime(created) ?? '';
}
