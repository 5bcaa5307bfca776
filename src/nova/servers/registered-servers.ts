import type { EntityManager } from 'typeorm';
import { inChunks, insertRows } from '../../database/rows/write-rows.js';
import { currentTime, type RawTime } from '../../database/rows/time.js';

/** A server that a service names in a request. Without `project_id`, the log must already know the server. */
export interface NamedServer {
  /** The UUID, in lower case. */
  readonly id: string;
  readonly project_id?: string | undefined;
  readonly user_id?: string | undefined;
  readonly name?: string | undefined;
  /** Further facts of a server that another store has exported. By default, it was created now. */
  readonly availability_zone?: string | null | undefined;
  readonly created_at?: RawTime | null | undefined;
  readonly launched_at?: RawTime | null | undefined;
  readonly deleted_at?: RawTime | null | undefined;
}

/** The row of a server in the own store. */
export interface RegisteredServer {
  readonly uuid: string;
  readonly project_id: string | null;
  readonly user_id: string | null;
  readonly display_name: string | null;
  readonly availability_zone: string | null;
  readonly created_at: RawTime | null;
  readonly launched_at: RawTime | null;
  readonly deleted_at: RawTime | null;
  readonly deleted: number;
}

/** The result of a registration. If a server has a problem, no server is registered. */
export interface Registration {
  /** The rows of the servers, by UUID. */
  readonly servers: ReadonlyMap<string, RegisteredServer>;
  /** The UUIDs of the servers whose projects neither the log nor the request states. */
  readonly unknown: ReadonlySet<string>;
  /** The UUIDs of the servers that belong to another project than the request states. */
  readonly ofOtherProject: ReadonlySet<string>;
}

/** A function that returns the projects of servers in Nova's databases, by UUID. */
export type FindOwners = (uuids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

const COLUMNS = [
  ...(['uuid', 'project_id', 'user_id', 'display_name', 'availability_zone', 'created_at'] as const),
  ...(['launched_at', 'deleted_at', 'deleted'] as const),
];

type StoredRow = Omit<RegisteredServer, 'deleted'> & {
  readonly is_copied: number;
  /** The driver may return a long integer as a text. */
  readonly deleted: number | string;
};

/**
 * Registers the servers that the own store does not have. A server never changes its project: neither one that is
 * already registered, nor one of Nova, in the copy or in Nova's databases.
 *
 * The statements take no lock before the last one. If two transactions register the same server at the same time, one
 * of them fails with a duplicate key, and must run again.
 *
 * @param findOwners queries Nova's databases for servers that the store does not know
 */
export async function registerServers(
  manager: EntityManager,
  named: readonly NamedServer[],
  findOwners: FindOwners,
): Promise<Registration> {
  const stored = await storedServers(manager, [...new Set(named.map(({ id }) => id))]);
  const withoutOwner = named.filter(({ id }) => (stored.get(id)?.project_id ?? null) === null);
  const uuids = [...new Set(withoutOwner.map(({ id }) => id))];
  const owners = uuids.length === 0 ? new Map<string, string>() : await findOwners(uuids);
  const servers = new Map<string, RegisteredServer>();
  const added: RegisteredServer[] = [];
  const unknown = new Set<string>();
  const ofOtherProject = new Set<string>();
  for (const one of named) {
    const known = stored.get(one.id);
    const project =
      servers.get(one.id)?.project_id ?? known?.project_id ?? owners.get(one.id) ?? one.project_id;
    if (project === undefined) unknown.add(one.id);
    else if (project !== (one.project_id ?? project)) ofOtherProject.add(one.id);
    else if (!servers.has(one.id)) {
      const registered = known?.is_copied === 0 ? rowOf(known) : undefined;
      const row = registered ?? newRow(one, known, project);
      if (registered === undefined) added.push(row);
      servers.set(one.id, row);
    }
  }
  if (unknown.size === 0 && ofOtherProject.size === 0) {
    const values = added.map((row) => COLUMNS.map((column) => row[column]));
    await insertRows(manager, 'instances', COLUMNS, values);
  }
  return { servers, unknown, ofOtherProject };
}

/** Returns the rows of servers in the own store, and in the copy for servers that are only there. */
async function storedServers(
  manager: EntityManager,
  uuids: readonly string[],
): Promise<Map<string, StoredRow>> {
  const others = COLUMNS.filter((column) => column !== 'uuid').join(', ');
  const rows = await inChunks(uuids, (chunk, marks) =>
    manager.query<StoredRow[]>(
      `SELECT 1 AS is_copied, server_uuid AS uuid, ${others} FROM copied_instances WHERE server_uuid IN (${marks})
      UNION ALL SELECT 0, uuid, ${others} FROM instances WHERE uuid IN (${marks})`,
      [...chunk, ...chunk],
    ),
  );
  // A row of the own store replaces that of the copy.
  const inOrder = rows.sort((one, other) => other.is_copied - one.is_copied);
  return new Map(inOrder.map((row) => [row.uuid.toLowerCase(), row]));
}

function newRow(
  named: NamedServer,
  copied: Omit<StoredRow, 'deleted'> | undefined,
  project_id: string,
): RegisteredServer {
  return {
    ...{ uuid: named.id, project_id },
    user_id: copied?.user_id ?? named.user_id ?? null,
    display_name: copied?.display_name ?? named.name ?? null,
    availability_zone: copied?.availability_zone ?? named.availability_zone ?? null,
    created_at: named.created_at === undefined ? currentTime() : named.created_at,
    launched_at: copied?.launched_at ?? named.launched_at ?? null,
    deleted_at: named.deleted_at ?? null,
    deleted: (named.deleted_at ?? null) === null ? 0 : 1,
  };
}

function rowOf(stored: StoredRow): RegisteredServer {
  const row = Object.fromEntries(
    COLUMNS.map((column) => [column, stored[column]]),
  ) as unknown as RegisteredServer;
  return { ...row, deleted: Number(stored.deleted) };
}
