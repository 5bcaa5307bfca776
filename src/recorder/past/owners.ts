import type { NovaAction, NovaServer } from '../../ledger/record/nova-rows.js';
import type { Projects } from '../changes/changes.js';

/** The maximum number of servers whose projects stay in memory. */
const MAX_SERVERS = 50_000;

/** The projects that own servers. While the recorder copies many actions of a server, it reads the server only once. */
export class Owners {
  private readonly projects = new Map<string, string | null>();

  /** Returns the UUIDs of the actions' servers whose rows the recorder must read. */
  missing(actions: readonly NovaAction[]): string[] {
    return uuidsOf(actions).filter((uuid) => !this.projects.has(uuid));
  }

  /** Adds servers that were read. @returns the projects of the actions' servers; null for a server without a row */
  of(actions: readonly NovaAction[], servers: readonly NovaServer[]): Projects {
    for (const { uuid, project_id } of servers) this.projects.set(uuid ?? '', project_id);
    const found = uuidsOf(actions).map((uuid) => [uuid, this.projects.get(uuid) ?? null] as const);
    for (const [uuid, project] of found) this.projects.set(uuid, project);
    if (this.projects.size > MAX_SERVERS) this.projects.clear();
    return new Map(found);
  }
}

/** Returns the UUIDs of the actions' servers. */
export function uuidsOf(actions: readonly NovaAction[]): string[] {
  return [...new Set(actions.map(({ instance_uuid }) => instance_uuid ?? ''))].filter((uuid) => uuid !== '');
}
