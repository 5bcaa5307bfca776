import { randomUUID } from 'node:crypto';
import { type Persona, personas } from '../../conformance/cases.js';

/**
 * The Keystone user as which the service signs in. The project `service` contains the users of all OpenStack services.
 */
export const SERVICE = { username: 'nova-action-log', projectName: 'service', role: 'service' };

/**
 * Keystone's standard roles, each of which implies the next one. Keystone 22 does not create the role `manager` by
 * itself.
 */
const STANDARD_ROLES = ['admin', 'manager', 'member', 'reader'];

/** The users, projects and roles to insert into Keystone's database, with their ids. */
export interface KeystoneData {
  readonly roles: readonly string[];
  readonly implied: readonly (readonly [prior: string, implied: string])[];
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly users: readonly { readonly id: string; readonly name: string }[];
  /** The roles of users in projects. If `project` is null, the user has the role on the system. */
  readonly grants: readonly {
    readonly role: string;
    readonly user: string;
    readonly project: string | null;
  }[];
}

/**
 * Returns the data of the users of the recorded requests, and of the service's own user. Only the service's user has
 * the role that may validate all tokens.
 */
export function keystoneData(): KeystoneData {
  const service = { user: randomUUID().replaceAll('-', ''), project: randomUUID().replaceAll('-', '') };
  // Several of these users have the same user id or project id. The user or project then gets the name of the first of
  // them.
  const users = new Map([[service.user, SERVICE.username]]);
  const projects = new Map([[service.project, SERVICE.projectName]]);
  const grants = [{ role: SERVICE.role, ...service }] as {
    role: string;
    user: string;
    project: string | null;
  }[];
  for (const [name, persona] of Object.entries(personas)) {
    if (!users.has(persona.user_id)) users.set(persona.user_id, name);
    if (persona.project_id !== null && !projects.has(persona.project_id)) {
      projects.set(persona.project_id, `project-of-${name}`);
    }
    for (const role of assignedRoles(persona)) {
      grants.push({ role, user: persona.user_id, project: persona.project_id });
    }
  }
  return {
    roles: [...new Set([...STANDARD_ROLES, ...grants.map(({ role }) => role)])],
    implied: STANDARD_ROLES.slice(1).map((implied, index) => [STANDARD_ROLES[index] ?? '', implied] as const),
    projects: [...projects].map(([id, name]) => ({ id, name })),
    users: [...users].map(([id, name]) => ({ id, name })),
    grants,
  };
}

/**
 * Returns the roles to assign to a user. The standard roles that its highest standard role implies are omitted, because
 * Keystone adds them to tokens.
 */
function assignedRoles({ roles }: Persona): string[] {
  const highest = STANDARD_ROLES.find((role) => roles.includes(role));
  return roles.filter((role) => role === highest || !STANDARD_ROLES.includes(role));
}
