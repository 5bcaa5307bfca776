import { PROJECTS } from './generated-log.js';

/** A caller of the log of all servers, in the format of a tokens file. The projects are those of a generated log. */
interface LogCaller {
  readonly user_id: string;
  readonly project_id: string | null;
  readonly domain_id?: string;
  readonly system_scope?: string;
  readonly roles: readonly string[];
}

const ADMIN = ['admin', 'manager', 'member', 'reader'];

export const CALLERS = {
  tenant: { user_id: 'u-1', project_id: 'p-large', roles: ['member', 'reader'] },
  otherTenant: { user_id: 'u-2', project_id: 'p-2', roles: ['reader'] },
  withoutRole: { user_id: 'u-3', project_id: 'p-large', roles: [] },
  service: { user_id: 'u-service', project_id: 'p-large', roles: ['service'] },
  otherService: { user_id: 'u-other-service', project_id: 'p-2', roles: ['service'] },
  auditor: { user_id: 'u-auditor', project_id: 'p-2', roles: ['auditor'] },
  admin: { user_id: 'u-admin', project_id: 'p-2', roles: ADMIN },
  unscoped: { user_id: 'u-1', project_id: null, roles: ['reader'] },
  unscopedAuditor: { user_id: 'u-auditor', project_id: null, roles: ['auditor'] },
  unscopedAdmin: { user_id: 'u-admin', project_id: null, roles: ADMIN },
  domainAdmin: { user_id: 'u-admin', project_id: null, domain_id: 'd', roles: ADMIN },
  systemAdmin: { user_id: 'u-admin', project_id: null, system_scope: 'all', roles: ADMIN },
} as const satisfies Readonly<Record<string, LogCaller>>;

export type CallerName = keyof typeof CALLERS;

/** A caller of `CALLERS`, or the tenant of a project. */
export type Caller = CallerName | { readonly tenantOf: string };

export function tokenOf(caller: Caller): string {
  return typeof caller === 'string' ? `token-of-${caller}` : `token-of-project-${caller.tenantOf}`;
}

/** Returns the content of a tokens file with all callers. */
export function callersFile(): string {
  const named = Object.entries(CALLERS).map(([name, caller]) => [tokenOf(name as CallerName), caller]);
  const tenants = PROJECTS.map((project_id) => [
    tokenOf({ tenantOf: project_id }),
    { user_id: 'u-1', project_id, roles: ['reader'] },
  ]);
  return JSON.stringify(Object.fromEntries([...named, ...tenants]));
}
