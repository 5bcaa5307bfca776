import type { EntityManager } from 'typeorm';
import type { Cells } from '../database/cells/cells.js';
import { answerDeadline } from '../database/connection/time-limits.js';
import type { ServerFacts } from '../ledger/actions/full-action.js';
import { ValidationFailed } from '../nova/fault/validation-failed.js';
import { type NamedServer, type Registration, registerServers } from '../nova/servers/registered-servers.js';
import { OfOtherOwner } from './recording-failures.js';

/**
 * Registers the servers of new actions.
 *
 * @param named the server of each action in the request; undefined for an action that the store already has
 * @returns the facts of the servers, by UUID. The own store does not have the facts that only Nova knows
 * @throws ValidationFailed if neither the log nor the request states the project of a server
 * @throws OfOtherOwner if a server belongs to another project
 */
export async function registerNamed(
  manager: EntityManager,
  cells: Cells,
  named: readonly (NamedServer | undefined)[],
): Promise<ReadonlyMap<string, ServerFacts>> {
  const { servers, unknown, ofOtherProject } = await registerServers(
    manager,
    named.filter((server) => server !== undefined),
    (uuids) => ownersIn(cells, uuids),
  );
  if (unknown.size > 0) {
    const detail = 'the log does not know the server, so the property is required';
    const places = [...unknown].map((uuid) => named.findIndex((server) => server?.id === uuid));
    throw new ValidationFailed(
      places.map((index) => ({ pointer: `/actions/${index}/server/project_id`, detail })),
    );
  }
  if (ofOtherProject.size > 0) throw new OfOtherOwner([...ofOtherProject]);
  return factsOf(servers);
}

/**
 * Registers the servers of imported actions.
 *
 * @returns the facts of the servers, by UUID; or the UUIDs of the servers that belong to another project
 */
export async function registerImported(
  manager: EntityManager,
  cells: Cells,
  servers: readonly NamedServer[],
): Promise<{ facts: ReadonlyMap<string, ServerFacts>; ofOtherProject: ReadonlySet<string> }> {
  const registration = await registerServers(manager, servers, (uuids) => ownersIn(cells, uuids));
  return { facts: factsOf(registration.servers), ofOtherProject: registration.ofOtherProject };
}

function factsOf(servers: Registration['servers']): ReadonlyMap<string, ServerFacts> {
  const onlyOfNova = { vm_state: null, terminated_at: null };
  return new Map([...servers].map(([uuid, row]) => [uuid, { ...row, ...onlyOfNova }]));
}

/** Returns the projects of servers in Nova's databases. Without Nova, it sends no query, and returns none. */
async function ownersIn(cells: Cells, uuids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const deadline = answerDeadline();
  const found = await Promise.all(uuids.map((uuid) => cells.find(uuid, deadline)));
  return new Map(
    found.flatMap((location, index) => {
      const project = location?.projectId;
      return project === undefined ? [] : [[uuids[index] ?? '', project] as const];
    }),
  );
}
