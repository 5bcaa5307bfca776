import { Inject, Injectable } from '@nestjs/common';
import type { Lookup } from '../../database/batch.js';
import { Cells, type Whereabouts } from '../../database/cells.js';
import { answerDeadline, type Database } from '../../database/database.js';
import type { RequestContext } from '../../identity/request-context.js';
import { NotFound } from '../fault/faults.js';
import { PoliciesService } from '../policy/policies.service.js';
import { ServerEntity } from './server.entity.js';
import { Server } from './server.js';

type ServerRow = Pick<ServerEntity, 'uuid' | 'project_id' | 'deleted'>;

/** A server that is there, whoever asks. */
interface FoundServer {
  readonly uuid: string;
  readonly projectId: string | null;
  readonly isDeleted: boolean;
  readonly database: Database | undefined;
}

/** Finds the server that a request is about, with the caller's eyes. */
@Injectable()
export class ServersService {
  constructor(
    @Inject(Cells) private readonly cells: Cells,
    @Inject(PoliciesService) private readonly policies: PoliciesService,
  ) {}

  /**
   * @param id as it stands in the URL
   * @param deletedToo whether a deleted server counts as one
   * @throws NotFound for a server that is not there, and for one of another project alike
   */
  async find(context: RequestContext, id: string, deletedToo: boolean): Promise<Server> {
    const deadline = answerDeadline();
    const whereabouts = isUuidLike(id) ? await this.cells.find(id, deadline) : undefined;
    const server = whereabouts && (await seek(whereabouts, id, deadline));
    if (
      server === undefined ||
      (server.isDeleted && !deletedToo) ||
      !this.mayKnow(context, server.projectId)
    ) {
      // As in Nova, by the UUID that is written down, if one is; only its case may differ.
      const written = whereabouts?.database === undefined ? undefined : whereabouts.uuid;
      throw serverNotFound(written ?? id);
    }
    return new Server(server.uuid, id, server.projectId, server.database, deadline);
  }

  /**
   * Those of its own project, and administrators. A caller without a project has none in common with any server,
   * not even with one whose project nobody wrote down.
   */
  private mayKnow(context: RequestContext, projectId: string | null): boolean {
    const own = context.projectId !== null && context.projectId === projectId;
    return own || this.policies.isAdmin(context);
  }
}

async function seek(
  whereabouts: Whereabouts,
  uuid: string,
  deadline: number,
): Promise<FoundServer | undefined> {
  const { database } = whereabouts;
  if (database === undefined) return { ...whereabouts, uuid, isDeleted: false };
  const [row] = await database.load<ServerRow>(deadline, SERVER_BY_UUID, [uuid]);
  return row && { uuid: row.uuid, projectId: row.project_id, isDeleted: row.deleted !== 0, database };
}

const SERVER_BY_UUID: Lookup = {
  keys: 100,
  batches: 4,
  sql: (source) =>
    source
      .createQueryBuilder(ServerEntity, 'server')
      .select('server.uuid', 'uuid')
      .addSelect('server.project_id', 'project_id')
      .addSelect('server.deleted', 'deleted')
      .where('server.uuid = ?')
      .getQuery(),
};

export function serverNotFound(id: string): NotFound {
  return new NotFound(`Instance ${id} could not be found.`);
}

/** Python's idea of a UUID: braces, a URN prefix and missing dashes are overlooked. */
export function isUuidLike(text: string): boolean {
  if (text.length > LONGEST_UUID) return false;
  const bare = text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|[{}]+$/g, '');
  return /^[0-9a-f]{32}$/i.test(bare.replaceAll('-', ''));
}

/** With all that is overlooked; whatever is longer names no server, however it is written. */
const LONGEST_UUID = 80;
