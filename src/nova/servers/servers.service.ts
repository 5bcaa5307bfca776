import { Injectable } from '@nestjs/common';
import { Cells } from '../../database/cells/cells.js';
import type { Database } from '../../database/connection/database.js';
import { answerDeadline } from '../../database/connection/time-limits.js';
import type { RequestContext } from '../../identity/request-context.js';
import { NotFound } from '../fault/faults.js';
import { PoliciesService } from '../policy/policies.service.js';
import type { ServerEntity } from './server.entity.js';
import { serverLookup } from './server-lookup.js';
import { type Prefetch, Server } from './server.js';

/** A row of `serverLookup`: the server and a prefetched row. `id` is null if the prefetched lookup found no row. */
type ServerRow = {
  readonly [
    Column in 'uuid' | 'project_id' | 'user_id' | 'deleted' as `server_${Column}`
  ]: ServerEntity[Column];
} & { readonly id?: number | null };

/** Finds the server that a request is about, if it is visible to the caller. */
@Injectable()
export class ServersService {
  constructor(
    private readonly cells: Cells,
    private readonly policies: PoliciesService,
  ) {}

  /**
   * Finds a server by its id.
   *
   * For a server of another project, the service sends the same statements as for a server that does not exist. These
   * statements read nothing about the server. Neither the response nor its duration reveals that the server exists.
   *
   * @param id the id in the URL
   * @param includeDeleted true to find a deleted server, too
   * @param requestId the id of the request
   * @param prefetch the rows to read in the same query
   * @throws NotFound if the server does not exist or belongs to another project
   */
  async find(
    context: RequestContext,
    { id, includeDeleted, requestId }: { id: string; includeDeleted: boolean; requestId: string },
    prefetch?: Prefetch,
  ): Promise<Server> {
    if (!isUuidLike(id)) throw serverNotFound(id);
    const deadline = answerDeadline();
    const request = { id: requestId, deadline };
    const isAdmin = this.policies.isAdmin(context);
    // A caller without a project who is not an administrator sees no server, not even a server without a project.
    const isVisible = (projectId: string | null | undefined): boolean =>
      isAdmin || (context.projectId !== null && context.projectId === projectId);
    const load = (database: Database): Promise<ServerRow[]> =>
      database.load<ServerRow>(deadline, serverLookup(prefetch?.lookup, isAdmin), [
        id,
        ...(isAdmin ? [] : [context.projectId]),
        ...(prefetch?.key ?? []),
      ]);

    const location = await this.cells.find(id, deadline);
    if (location?.database === undefined) {
      if (location !== undefined && isVisible(location.projectId)) {
        const ids = { uuid: id, urlId: id, projectId: location.projectId, userId: null };
        return new Server(ids, request, undefined);
      }
      // The duration of the response must not reveal that the server exists. So the service runs the statement that it
      // would run for a server in a cell, and ignores the result.
      const decoy = isAdmin ? undefined : this.cells.decoy();
      await (decoy && load(decoy).catch(() => undefined));
      throw serverNotFound(id);
    }
    const rows = await load(location.database);
    const [row] = rows;
    const isServerVisible = isVisible(row === undefined ? location.projectId : row.server_project_id);
    if (row === undefined || !isServerVisible || (row.server_deleted !== 0 && !includeDeleted)) {
      // As in Nova, the message contains the UUID in the API database, which may differ from the URL in upper and lower
      // case.
      throw serverNotFound((isServerVisible ? location.uuid : undefined) ?? id);
    }
    const prefetched = prefetch && { ...prefetch, rows: rows.filter((one) => one.id !== null) };
    const { server_uuid: uuid, server_project_id: projectId, server_user_id: userId } = row;
    return new Server({ uuid, urlId: id, projectId, userId }, request, location.database, prefetched);
  }

  /**
   * Returns the UUIDs of the servers in each list of rows, such as the members of each server group. As in Nova, the
   * lists have no deleted servers and, unless the caller is an administrator, none of other projects.
   *
   * @param lists the rows by the key of their list
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if a cell does not respond
   */
  async undeleted<Key>(
    context: RequestContext,
    lists: ReadonlyMap<Key, readonly { readonly instance_uuid: string | null }[]>,
    deadline: number,
  ): Promise<ReadonlyMap<Key, readonly string[]>> {
    const { projectId, userId } = context;
    const ofCaller = projectId === null ? { user_id: userId } : { project_id: projectId };
    const owner = this.policies.isAdmin(context) ? {} : ofCaller;
    const all = new Set([...lists.values()].flat().flatMap(({ instance_uuid: uuid }) => uuid ?? []));
    const servers = await this.cells.undeleted([...all], owner, deadline);
    const places = new Map(servers.map((uuid, place) => [uuid, place]));
    const inOrder = (rows: readonly { readonly instance_uuid: string | null }[]): string[] => {
      const own = new Set(rows.flatMap(({ instance_uuid: uuid }) => places.get(uuid ?? '') ?? []));
      return [...own].sort((a, b) => a - b).flatMap((place) => servers[place] ?? []);
    };
    return new Map([...lists].map(([key, rows]) => [key, inOrder(rows)]));
  }
}

export function serverNotFound(id: string): NotFound {
  return new NotFound(`Instance ${id} could not be found.`);
}

/** Returns true if oslo.utils reads the text as a UUID: it ignores braces, a URN prefix and dashes. */
export function isUuidLike(text: string): boolean {
  if (PLAIN_UUID.test(text)) return true;
  if (text.length > MAX_UUID_LENGTH) return false;
  const bare = text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|(?<![{}])[{}]+$/g, '');
  return /^[0-9a-f]{32}$/i.test(bare.replaceAll('-', ''));
}

/** The form of a UUID that nearly all clients send. */
const PLAIN_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The maximum length of a UUID, including all characters that `isUuidLike` ignores. */
const MAX_UUID_LENGTH = 80;
