import type { ServerLocation } from '../../database/cells/cells.js';
import { type Database, DatabaseUnavailable } from '../../database/connection/database.js';
import { NotFound } from '../fault/faults.js';
import type { Fallback } from './fallback.js';
import type { ServerRow, ServerSearch } from './server-search.js';
import type { Server, ServerRequest } from './server.js';

/** The result of a search in Nova's databases. */
export type NovaOutcome = Server | NotFound | DatabaseUnavailable;

/** A search that has found no server in Nova's databases. */
interface Searched {
  readonly location: ServerLocation | undefined;
  readonly outcome: NotFound | DatabaseUnavailable;
  readonly includeDeleted: boolean;
  readonly request: ServerRequest;
  /** The deadlines of queries to Nova's databases, and of all queries of the request. */
  readonly novaDeadline: number;
  readonly deadline: number;
}

/**
 * Finds a server in the copy of Nova's rows. If Nova no longer has a server, the service shows it as deleted, even if
 * the copy does not.
 *
 * @param fallback the copy, if the request uses it
 * @returns the failure of the request if the copy has no such server that is visible to the caller
 */
export async function findInCopy(
  search: ServerSearch,
  fallback: Fallback | undefined,
  { location, outcome, includeDeleted, request, novaDeadline }: Searched,
): Promise<NovaOutcome> {
  if (fallback === undefined || (outcome instanceof NotFound && !includeDeleted)) return outcome;
  const { database } = fallback.copy;
  const rows = (await fallback.rows((copied, until) => search.load(copied, until))) ?? [];
  const [row] = rows;
  if (row === undefined || !search.sees(row.server_project_id)) return outcome;
  if (await isOfOtherProject(search, location, outcome, novaDeadline)) return outcome;
  if (isHidden(row, includeDeleted)) return serverNotFound(row.server_uuid);
  await fallback.use(row.server_uuid, outcome instanceof DatabaseUnavailable ? 'unreachable' : 'absent');
  return search.found(row, rows, { request, database, fallback });
}

/**
 * Finds a server that a service has registered, and that neither Nova nor the copy has. For a server of another
 * project, it sends the same statement as for a server that does not exist.
 *
 * @param registered the own store
 * @param copy the copy of Nova's rows, if the service uses one
 * @returns undefined if the own store has no such server that is visible to the caller, or does not respond
 */
export async function findRegistered(
  search: ServerSearch,
  registered: Database,
  copy: Database | undefined,
  { location, outcome, includeDeleted, request, novaDeadline, deadline }: Searched,
): Promise<Server | undefined> {
  // While Nova does not respond, the server may be one of Nova, whose log the own store does not have.
  if (outcome instanceof DatabaseUnavailable) return undefined;
  try {
    const rows = await search.load(registered, deadline);
    const [row] = rows;
    if (row === undefined || !search.sees(row.server_project_id) || isHidden(row, includeDeleted))
      return undefined;
    if (await isOfOtherProject(search, location, outcome, novaDeadline)) return undefined;
    // The copy has the server only if the request does not find deleted servers, and Nova has deleted this one.
    if (copy !== undefined && (await search.isIn(copy, deadline))) return undefined;
    return search.found(row, rows, { request, database: registered, fallback: undefined });
  } catch (error) {
    if (error instanceof DatabaseUnavailable) return undefined;
    throw error;
  }
}

/**
 * Returns true if Nova has the server in a project that the caller does not see. The copy can still have the project to
 * which the server belonged before.
 *
 * The function is called only for a server that the copy has in the caller's project. So it sends no query, and changes
 * no duration, for the servers of other projects.
 *
 * @param outcome the result of the search in Nova's databases
 * @throws DatabaseUnavailable
 */
async function isOfOtherProject(
  search: ServerSearch,
  location: ServerLocation | undefined,
  outcome: NotFound | DatabaseUnavailable,
  deadline: number,
): Promise<boolean> {
  if (search.isAdmin || location === undefined) return false;
  const { database, projectId } = location;
  if (projectId !== undefined && !search.sees(projectId)) return true;
  return database !== undefined && outcome instanceof NotFound && (await search.isIn(database, deadline));
}

/** Returns true if the server is deleted, and the request does not include deleted servers. */
export function isHidden({ server_deleted: deleted }: ServerRow, includeDeleted: boolean): boolean {
  return deleted !== 0 && !includeDeleted;
}

export function serverNotFound(id: string): NotFound {
  return new NotFound(`Instance ${id} could not be found.`);
}
