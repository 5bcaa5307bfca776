import type { Database } from '../../database/connection/database.js';
import type { RequestContext } from '../../identity/request-context.js';
import type { Fallback } from './fallback.js';
import type { ServerEntity } from './server.entity.js';
import { serverLookup } from './server-lookup.js';
import { type Prefetch, Server, type ServerRequest } from './server.js';

/** A row of `serverLookup`: the server and a prefetched row. `id` is null if the prefetched lookup found no row. */
export type ServerRow = {
  readonly [
    Column in 'uuid' | 'project_id' | 'user_id' | 'deleted' as `server_${Column}`
  ]: ServerEntity[Column];
} & { readonly id?: number | null };

/** The search of one request for a server. It may continue in several databases. */
export class ServerSearch {
  /**
   * @param id the id in the URL
   * @param isAdmin true if the caller sees the servers of all projects
   * @param prefetch the rows to read in the same query
   */
  constructor(
    readonly id: string,
    private readonly caller: RequestContext,
    readonly isAdmin: boolean,
    private readonly prefetch: Prefetch | undefined,
  ) {}

  /**
   * Returns true if the caller may see the servers of a project. A caller without a project who is not an administrator
   * sees no server, not even a server without a project.
   */
  sees(projectId: string | null | undefined): boolean {
    return this.isAdmin || (this.caller.projectId !== null && this.caller.projectId === projectId);
  }

  /** Reads the rows of the server in one database. @throws DatabaseUnavailable */
  load(database: Database, deadline: number): Promise<ServerRow[]> {
    return database.load<ServerRow>(deadline, serverLookup(this.prefetch?.lookup, this.isAdmin), [
      this.id,
      ...(this.isAdmin ? [] : [this.caller.projectId]),
      ...(this.prefetch?.key ?? []),
    ]);
  }

  /** Returns true if the database has the server, in any project. @throws DatabaseUnavailable */
  async isIn(database: Database, deadline: number): Promise<boolean> {
    return (await database.load(deadline, serverLookup(undefined, true), [this.id])).length > 0;
  }

  /** Returns the server that the rows from `load` describe. */
  found(
    row: ServerRow,
    rows: readonly ServerRow[],
    {
      request,
      database,
      fallback,
    }: { request: ServerRequest; database: Database; fallback: Fallback | undefined },
  ): Server {
    const ids = {
      uuid: row.server_uuid,
      urlId: this.id,
      projectId: row.server_project_id,
      userId: row.server_user_id,
    };
    const prefetched = this.prefetch && { ...this.prefetch, rows: rows.filter((one) => one.id !== null) };
    return new Server(ids, request, database, prefetched, fallback);
  }
}
