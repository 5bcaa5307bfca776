import { Injectable } from '@nestjs/common';
import { Cells, type ServerLocation } from '../../database/cells/cells.js';
import { DatabaseUnavailable } from '../../database/connection/database.js';
import { answerDeadline } from '../../database/connection/time-limits.js';
import type { RequestContext } from '../../identity/request-context.js';
import { NotFound } from '../fault/faults.js';
import { PoliciesService } from '../policy/policies.service.js';
import { Fallback } from './fallback.js';
import { findInCopy, findRegistered, isHidden, type NovaOutcome, serverNotFound } from './further-search.js';
import { ServerSearch } from './server-search.js';
import { type Prefetch, Server, type ServerRequest } from './server.js';

/** The server that a request is about, and the places in which to find it. */
interface WantedServer {
  /** The id in the URL. */
  readonly id: string;
  /** True to find a deleted server, too. */
  readonly includeDeleted: boolean;
  readonly requestId: string;
  /** True to find the server in the copy of Nova's rows if Nova does not have it or does not respond. */
  readonly useCopy?: boolean;
}

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
   * @param prefetch the rows to read in the same query
   * @throws NotFound if the server does not exist or belongs to another project
   */
  async find(
    context: RequestContext,
    { id, includeDeleted, requestId, useCopy = false }: WantedServer,
    prefetch?: Prefetch,
  ): Promise<Server> {
    if (!isUuidLike(id)) throw serverNotFound(id);
    const deadline = answerDeadline();
    const request = { id: requestId, deadline };
    const search = new ServerSearch(id, context, this.policies.isAdmin(context), prefetch);
    const copy = useCopy ? this.cells.copy() : undefined;
    const fallback = copy && new Fallback(copy, deadline);
    const novaDeadline = fallback?.novaDeadline ?? deadline;
    let location: ServerLocation | undefined;
    let outcome: NovaOutcome;
    try {
      location = await this.cells.find(id, novaDeadline);
      outcome = await this.findAt(location, search, {
        includeDeleted,
        request,
        deadline: novaDeadline,
        fallback,
      });
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      outcome = error;
    }
    if (outcome instanceof Server) return outcome;
    const searched = { location, outcome, includeDeleted, request, novaDeadline, deadline };
    const copied = await findInCopy(search, fallback, searched);
    if (copied instanceof Server) return copied;
    const registered = useCopy ? this.cells.registered() : undefined;
    const server = registered && (await findRegistered(search, registered, copy?.database, searched));
    if (server === undefined) throw copied;
    return server;
  }

  /**
   * Finds a server in the cell of Nova, or in the own store, that should contain it.
   *
   * @returns a `NotFound` if the database contains no such server that is visible to the caller
   * @throws NotFound if the server is deleted, and the request does not include deleted servers; DatabaseUnavailable
   */
  private async findAt(
    location: ServerLocation | undefined,
    search: ServerSearch,
    { includeDeleted, request, deadline, fallback }: CellSearch,
  ): Promise<Server | NotFound> {
    const { id } = search;
    if (location?.database === undefined) {
      if (location !== undefined && search.sees(location.projectId)) {
        const ids = { uuid: id, urlId: id, projectId: location.projectId, userId: null };
        return new Server(ids, request, undefined);
      }
      // The duration of the response must not reveal that the server exists. So the service runs the statement that it
      // would run for a server in a cell, and ignores the result.
      const decoy = search.isAdmin ? undefined : this.cells.decoy();
      await (decoy && search.load(decoy, deadline).catch(() => undefined));
      return serverNotFound(id);
    }
    const { database, projectId } = location;
    const rows = await search.load(database, deadline);
    const [row] = rows;
    const isVisible = search.sees(row === undefined ? projectId : row.server_project_id);
    // As in Nova, the message contains the UUID in the API database, which may differ from the URL in upper and lower
    // case.
    const notFound = serverNotFound((isVisible ? location.uuid : undefined) ?? id);
    if (row === undefined || !isVisible) return notFound;
    if (isHidden(row, includeDeleted)) throw notFound;
    return search.found(row, rows, { request, database, fallback });
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

interface CellSearch {
  readonly includeDeleted: boolean;
  readonly request: ServerRequest;
  readonly deadline: number;
  readonly fallback: Fallback | undefined;
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
