import { type RequestContext, requestContext } from '../../../src/identity/request-context.js';
import type { Persona } from '../../conformance/cases.js';

/** Returns the request context of a user of the recorded requests, as the service's authentication would create it. */
export function contextOf({ user_id, project_id, system, roles }: Persona): RequestContext {
  return requestContext({ userId: user_id, projectId: project_id, systemScope: system ?? null, roles });
}
