import type { FastifyRequest } from 'fastify';
import type { Target } from '../policy/rules-in-force.js';
import { exchangeValue } from './exchange.js';

/** Returns the target with which policies compare the caller: a project and, depending on `policyTarget`, a user. */
export function policyTargetOf(request: FastifyRequest): Target {
  const { policyTarget } = exchangeValue(request, 'route');
  const { item, server } = request.nova;
  const owner = item ?? server;
  if (owner === undefined) {
    const { projectId, userId } = exchangeValue(request, 'context');
    return { project_id: projectId, ...(policyTarget !== 'project' && { user_id: userId }) };
  }
  const { projectId, userId = null } = owner;
  return { project_id: projectId, ...(policyTarget === 'project and user' && { user_id: userId }) };
}
