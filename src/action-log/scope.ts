import type { RequestContext } from '../identity/request-context.js';
import type { Scope } from '../ledger/search/search-query.js';
import { Forbidden } from '../nova/fault/faults.js';
import type { EnforcePolicy } from '../nova/pipeline/parameters.js';
import { policies } from './action-log.policies.js';
import type { ActionsQuery } from './action-log.query.js';

/**
 * Returns the actions that a request may list. Without `all_projects=true`, these are the actions on the servers of the
 * caller's project, also for an administrator.
 *
 * @throws Forbidden if a policy does not allow the request, or if the token has no project and the request does not
 *   have `all_projects=true`
 */
export function scopeOf(
  caller: RequestContext,
  query: Pick<ActionsQuery, 'all_projects' | 'host' | 'cell'>,
  enforce: EnforcePolicy,
): Scope {
  // A filter on a field that the caller does not see would disclose its value.
  if ((query.host ?? query.cell) !== undefined) enforce(policies.hosts);
  if (query.all_projects !== true) return projectScope(caller);
  enforce(policies.allProjects);
  return { all: true };
}

/** Returns the scope of the caller's project. @throws Forbidden if the token has no project */
export function projectScope({ projectId }: RequestContext): Scope {
  if (projectId === null) throw new Forbidden(policies.list.name);
  return { project: projectId };
}
