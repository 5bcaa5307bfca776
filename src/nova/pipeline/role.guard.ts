import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Forbidden } from '../fault/faults.js';
import { PoliciesService } from '../policy/policies.service.js';
import { exchangeValue } from './exchange.js';

/**
 * Evaluates the route's policies for the caller and the server's project. If a policy denies, the request gets 403.
 * Otherwise the guard stores with the request which fields the caller may see.
 */
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(private readonly policies: PoliciesService) {}

  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const route = exchangeValue(request, 'route');
    const context = exchangeValue(request, 'context');
    const { server } = request.nova;
    const target =
      server === undefined
        ? { project_id: context.projectId, user_id: context.userId }
        : { project_id: server.projectId };
    const needed = (route.alsoNeeds ?? []).filter((also) =>
      also.when(context, exchangeValue(request, 'query')),
    );
    for (const policy of [route.policy, ...needed.map((also) => also.policy)]) {
      if (!this.policies.allows(context, policy, target)) throw new Forbidden(policy.name);
    }
    request.nova.access = this.policies.accessTo(context, route, target);
    return true;
  }
}
