import { randomUUID } from 'node:crypto';
import { type Persona, personas } from '../../conformance/cases.js';

/** The user that this project's service would be, in the project of the users that are services. */
export const SERVICE = { username: 'nova-action-log', projectName: 'service', role: 'service' };

/** Keystone's standard roles, each of which implies the next. Its bootstrap of version 22 knows no manager. */
const STANDARD = ['admin', 'manager', 'member', 'reader'];

/** What a Keystone is filled with; ids are as they are to be in its database. */
export interface KeystoneData {
  readonly roles: readonly string[];
  readonly implied: readonly (readonly [prior: string, implied: string])[];
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly users: readonly { readonly id: string; readonly name: string }[];
  /** Without a project: on the system. */
  readonly grants: readonly {
    readonly role: string;
    readonly user: string;
    readonly project: string | null;
  }[];
}

/** The personas of the recordings, and the user of the service with the one role that may validate any token. */
export function keystoneData(): KeystoneData {
  const service = { user: randomUUID().replaceAll('-', ''), project: randomUUID().replaceAll('-', '') };
  // Several personas share a user or a project: the first one names it.
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
    roles: [...new Set([...STANDARD, ...grants.map(({ role }) => role)])],
    implied: STANDARD.slice(1).map((implied, index) => [STANDARD[index] ?? '', implied] as const),
    projects: [...projects].map(([id, name]) => ({ id, name })),
    users: [...users].map(([id, name]) => ({ id, name })),
    grants,
  };
}

/** Of the standard roles only the highest: Keystone adds those which it implies. */
function assignedRoles({ roles }: Persona): string[] {
  const highest = STANDARD.find((role) => roles.includes(role));
  return roles.filter((role) => role === highest || !STANDARD.includes(role));
}
