import { isoTime } from '../database/rows/time.js';
import { Microversion } from '../nova/microversion/microversion.js';
import type { ListPage } from '../nova/pagination/page.js';
import { sameForBothViews, type Link, type NovaView, type ViewScope } from '../nova/view/view.js';
import {
  type HostColumn,
  IN_PROGRESS_STATUSES,
  LIVE_MIGRATION,
  type ServerMigrationRow,
} from './migrations.store.js';

const TYPES_AND_LINKS = Microversion.of(2, 23);
const UUIDS = Microversion.of(2, 59);
const OWNERS = Microversion.of(2, 80);

type Hosts = Pick<ServerMigrationRow, HostColumn>;

/** The values of the host fields in the external view: all null. */
const NO_HOSTS: Hosts = {
  source_compute: null,
  dest_compute: null,
  source_node: null,
  dest_node: null,
  dest_host: null,
};

export const listView: NovaView<ListPage<ServerMigrationRow>> = {
  external: (list, scope) => listed(list, scope, () => NO_HOSTS),
  internal: (list, scope) => listed(list, scope, (row) => row),
};

export const serverListView: NovaView<readonly ServerMigrationRow[]> = {
  external: (rows, scope) => ({ migrations: rows.map((row) => ofServer(row, NO_HOSTS, scope)) }),
  internal: (rows, scope) => ({ migrations: rows.map((row) => ofServer(row, row, scope)) }),
};

/** One view is enough, because every caller who may show a migration may also see its hosts. */
export const showView: NovaView<ServerMigrationRow> = sameForBothViews(shown);

function shown(row: ServerMigrationRow, scope: ViewScope): object {
  return { migration: ofServer(row, row, scope) };
}

function listed(
  { items, nextMarker }: ListPage<ServerMigrationRow>,
  scope: ViewScope,
  hostsOf: (row: ServerMigrationRow) => Hosts,
): object {
  return {
    migrations: items.map((row) => inList(row, hostsOf(row), scope)),
    ...(nextMarker !== undefined && { migrations_links: [scope.nextPage('os-migrations', nextMarker)] }),
  };
}

function inList(row: ServerMigrationRow, hosts: Hosts, scope: ViewScope): object {
  const { version } = scope;
  const links = version.atLeast(TYPES_AND_LINKS) ? linksOf(row, scope) : undefined;
  return {
    id: row.id,
    ...(version.atLeast(UUIDS) && { uuid: row.uuid }),
    source_compute: hosts.source_compute,
    dest_compute: hosts.dest_compute,
    source_node: hosts.source_node,
    dest_node: hosts.dest_node,
    dest_host: hosts.dest_host,
    old_instance_type_id: row.old_instance_type_id,
    new_instance_type_id: row.new_instance_type_id,
    instance_uuid: row.instance_uuid,
    status: row.status,
    ...(version.atLeast(TYPES_AND_LINKS) && { migration_type: typeOf(row) }),
    ...(version.atLeast(OWNERS) && { user_id: row.user_id, project_id: row.project_id }),
    created_at: isoTime(row.created_at),
    updated_at: isoTime(row.updated_at),
    ...(links !== undefined && { links }),
  };
}

function ofServer(row: ServerMigrationRow, hosts: Hosts, { version }: ViewScope): object {
  return {
    created_at: isoTime(row.created_at),
    dest_compute: hosts.dest_compute,
    dest_host: hosts.dest_host,
    dest_node: hosts.dest_node,
    disk_processed_bytes: bytes(row.disk_processed),
    disk_remaining_bytes: bytes(row.disk_remaining),
    disk_total_bytes: bytes(row.disk_total),
    id: row.id,
    memory_processed_bytes: bytes(row.memory_processed),
    memory_remaining_bytes: bytes(row.memory_remaining),
    memory_total_bytes: bytes(row.memory_total),
    server_uuid: row.instance_uuid,
    source_compute: hosts.source_compute,
    source_node: hosts.source_node,
    status: row.status,
    updated_at: isoTime(row.updated_at),
    ...(version.atLeast(UUIDS) && { uuid: row.uuid }),
    ...(version.atLeast(OWNERS) && { user_id: row.user_id, project_id: row.project_id }),
  };
}

/**
 * Returns the links of a live migration in progress. Returns undefined for any other migration, because it has no URL.
 */
function linksOf(row: ServerMigrationRow, scope: ViewScope): Link[] | undefined {
  if (row.migration_type !== LIVE_MIGRATION || !IN_PROGRESS_STATUSES.includes(row.status)) return undefined;
  return scope.itemLinks(`servers/${row.instance_uuid ?? ''}/migrations/${row.id}`);
}

/**
 * Returns the type of a migration. Old rows have no type, because Nova added the column later: such a row is a resize
 * if the flavor changed.
 */
function typeOf(row: ServerMigrationRow): string {
  if (row.migration_type !== null) return row.migration_type;
  return row.old_instance_type_id === row.new_instance_type_id ? 'migration' : 'resize';
}

/** Returns a number of bytes as a number. Database drivers return large numbers as texts. */
function bytes(count: number | string | null): number | null {
  return count === null ? null : Number(count);
}
