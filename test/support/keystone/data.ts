import { randomUUID } from 'node:crypto';
import { type Persona, personas } from '../../conformance/cases.js';

/** The Keystone user of nova-action-log, in the project that all OpenStack service users share. */
export const SERVICE = { username: 'nova-action-log', projectName: 'service', role: 'service' };

/** Keystone's standard roles. Each implies the next. The bootstrap of Keystone 22 does not create `manager`. */
const STANDARD_ROLES = ['admin', 'manager', 'member', 'reader'];

/** The data to write into a Keystone, with the ids to use in its database. */
export interface KeystoneData {
  readonly roles: readonly string[];
  readonly implied: readonly (readonly [prior: string, implied: string])[];
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly users: readonly { readonly id: string; readonly name: string }[];
  /** A null `project` grants the role on the system. */
  readonly grants: readonly {
    readonly role: string;
    readonly user: string;
    readonly project: string | null;
  }[];
}

/** Returns the personas of the recordings, and the service's user with the only role that may validate all tokens. */
export function keystoneData(): KeystoneData {
  const service = { user: randomUUID().replaceAll('-', ''), project: randomUUID().replaceAll('-', '') };
  // Several personas share a user or a project, which then has the name of the first persona.
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

/** Returns the persona's roles without the standard roles that another one implies: Keystone adds these itself. */
function assignedRoles({ roles }: Persona): string[] {
  const highest = STANDARD_ROLES.find((role) => roles.includes(role));
  return roles.filter((role) => role === highest || !STANDARD_ROLES.includes(role));
}
