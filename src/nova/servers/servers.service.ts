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

/** A server, with one prefetched row; its `id` is null where there is none. */
type ServerRow = {
  readonly [Column in 'uuid' | 'project_id' | 'deleted' as `server_${Column}`]: ServerEntity[Column];
} & { readonly id?: number | null };

/** Finds the server that a request is about, with the caller's eyes. */
@Injectable()
export class ServersService {
  constructor(
    private readonly cells: Cells,
    private readonly policies: PoliciesService,
  ) {}

  /**
   * A server of another project takes the same statements as one that does not exist, and they read nothing of it.
   *
   * @param id as it stands in the URL
   * @param includeDeleted whether a deleted server counts as one
   * @param prefetch the lookup whose rows the same query reads
   * @throws NotFound for a server that is not there, and for one of another project alike
   */
  async find(
    context: RequestContext,
    { id, includeDeleted }: { id: string; includeDeleted: boolean },
    prefetch?: Prefetch,
  ): Promise<Server> {
    if (!isUuidLike(id)) throw serverNotFound(id);
    const deadline = answerDeadline();
    const isAdmin = this.policies.isAdmin(context);
    // A caller without a project has none in common with any server, not even with one that has no project.
    const mayKnow = (projectId: string | null | undefined): boolean =>
      isAdmin || (context.projectId !== null && context.projectId === projectId);
    const seek = (database: Database): Promise<ServerRow[]> =>
      database.load<ServerRow>(deadline, serverLookup(prefetch?.lookup, isAdmin), [
        id,
        ...(isAdmin ? [] : [context.projectId]),
        ...(prefetch?.key ?? []),
      ]);

    const location = await this.cells.find(id, deadline);
    if (location?.database === undefined) {
      if (location !== undefined && mayKnow(location.projectId)) {
        return new Server(id, id, location.projectId, undefined, deadline);
      }
      const decoy = isAdmin ? undefined : this.cells.decoy();
      await (decoy && seek(decoy).catch(() => undefined));
      throw serverNotFound(id);
    }
    const rows = await seek(location.database);
    const [row] = rows;
    const isKnown = mayKnow(row === undefined ? location.projectId : row.server_project_id);
    if (row === undefined || !isKnown || (row.server_deleted !== 0 && !includeDeleted)) {
      // Nova names a server as its API database does, which may differ in case from the URL; also one of another project.
      throw serverNotFound((isKnown ? location.uuid : undefined) ?? id);
    }
    const prefetched = prefetch && { ...prefetch, rows: rows.filter((one) => one.id !== null) };
    return new Server(row.server_uuid, id, row.server_project_id, location.database, deadline, prefetched);
  }
}

export function serverNotFound(id: string): NotFound {
  return new NotFound(`Instance ${id} could not be found.`);
}

/** Python's idea of a UUID: braces, a URN prefix and missing dashes are overlooked. */
export function isUuidLike(text: string): boolean {
  if (PLAIN_UUID.test(text)) return true;
  if (text.length > MAX_UUID_LENGTH) return false;
  const bare = text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|(?<![{}])[{}]+$/g, '');
  return /^[0-9a-f]{32}$/i.test(bare.replaceAll('-', ''));
}

/** The form that nearly all clients send. */
const PLAIN_UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** With all that is overlooked; whatever is longer names no server, however it is written. */
const MAX_UUID_LENGTH = 80;
