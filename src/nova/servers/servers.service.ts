import { Inject, Injectable } from '@nestjs/common';
import { Cells, type Whereabouts } from '../../database/cells.js';
import { answerDeadline, type Database } from '../../database/database.js';
import type { JoinedLookup } from '../../database/lookup.js';
import type { RequestContext } from '../../identity/request-context.js';
import { NotFound } from '../fault/faults.js';
import { PoliciesService } from '../policy/policies.service.js';
import type { ServerEntity } from './server.entity.js';
import './server.entity.js'; // declares its table, which is named in questions only
import { type Companions, Server, type Wish } from './server.js';

type ServerRow = {
  readonly [Column in 'uuid' | 'project_id' | 'deleted' as `server_${Column}`]: ServerEntity[Column];
};

/** A server that is there, whoever asks. */
interface FoundServer {
  readonly uuid: string;
  readonly projectId: string | null;
  readonly isDeleted: boolean;
  readonly database: Database | undefined;
  readonly companions?: Companions | undefined;
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
   * @param wish what will be asked of the server's database; it comes with the server
   * @throws NotFound for a server that is not there, and for one of another project alike
   */
  async find(
    context: RequestContext,
    { id, deletedToo }: { id: string; deletedToo: boolean },
    wish?: Wish,
  ): Promise<Server> {
    const deadline = answerDeadline();
    const whereabouts = isUuidLike(id) ? await this.cells.find(id, deadline) : undefined;
    const server = whereabouts && (await seek(whereabouts, id, deadline, wish));
    if (
      server === undefined ||
      (server.isDeleted && !deletedToo) ||
      !this.mayKnow(context, server.projectId)
    ) {
      // As in Nova, by the UUID that is written down, if one is; only its case may differ.
      const written = whereabouts?.database === undefined ? undefined : whereabouts.uuid;
      throw serverNotFound(written ?? id);
    }
    return new Server(server.uuid, id, server.projectId, server.database, deadline, server.companions);
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
  wish: Wish | undefined,
): Promise<FoundServer | undefined> {
  const { database } = whereabouts;
  if (database === undefined) return { ...whereabouts, uuid, isDeleted: false };
  const lookup = wish === undefined ? SERVER_BY_UUID : withServer(wish.lookup);
  const rows = await database.load<ServerRow & { id?: number | null }>(deadline, lookup, [
    uuid,
    ...(wish?.key ?? []),
  ]);
  const [row] = rows;
  return (
    row && {
      uuid: row.server_uuid,
      projectId: row.server_project_id,
      isDeleted: row.server_deleted !== 0,
      database,
      companions: wish && {
        lookup: wish.lookup,
        key: wish.key,
        rows: rows.filter(({ id }) => id !== null),
      },
    }
  );
}

const SERVER_BY_UUID: JoinedLookup = {
  keys: 100,
  batches: 4,
  key: { table: 'instances', columns: ['uuid'] },
  select:
    'server.uuid AS server_uuid, server.project_id AS server_project_id, server.deleted AS server_deleted',
  from: 'instances server ON server.uuid = wanted.uuid',
};

const withServers = new WeakMap<JoinedLookup, JoinedLookup>();

/** The server, and what a lookup finds of it; where that is nothing, one row of the server alone. Made once. */
function withServer(lookup: JoinedLookup): JoinedLookup {
  let both = withServers.get(lookup);
  if (both === undefined) {
    both = {
      ...lookup,
      select: `${SERVER_BY_UUID.select}, ${lookup.select}`,
      from: `instances server ON server.uuid = wanted.${lookup.key.columns[0]} LEFT JOIN ${lookup.from}`,
    };
    withServers.set(lookup, both);
  }
  return both;
}

export function serverNotFound(id: string): NotFound {
  return new NotFound(`Instance ${id} could not be found.`);
}

/** Python's idea of a UUID: braces, a URN prefix and missing dashes are overlooked. */
export function isUuidLike(text: string): boolean {
  if (text.length > LONGEST_UUID) return false;
  const bare = text
    .replace('urn:', '')
    .replace('uuid:', '')
    .replace(/^[{}]+|(?<![{}])[{}]+$/g, '');
  return /^[0-9a-f]{32}$/i.test(bare.replaceAll('-', ''));
}

/** With all that is overlooked; whatever is longer names no server, however it is written. */
const LONGEST_UUID = 80;
