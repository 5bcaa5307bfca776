import type { RequestContext } from '../../src/identity/request-context.js';
import type { Persona } from '../conformance/cases.js';

/** A persona as identity hands it on. */
export function contextOf({ user_id, project_id, system, roles }: Persona): RequestContext {
  return {
    userId: user_id,
    projectId: project_id,
    domainId: null,
    systemScope: system ?? null,
    roles,
  };
}
