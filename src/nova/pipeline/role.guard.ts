import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Forbidden } from '../fault/faults.js';
import { PoliciesService } from '../policy/policies.service.js';
import { auditRequest } from './audit.js';
import { type EnforcePolicy, exchangeValue } from './exchange.js';
import { policyTargetOf } from './policy-target.js';

/**
 * Evaluates the route's policies for the caller and the project of the server or the item. If a policy denies the
 * request, the response is 403. Otherwise the guard stores with the request which fields the caller may see.
 */
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(private readonly policies: PoliciesService) {}

  canActivate(execution: ExecutionContext): boolean {
    const http = execution.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const route = exchangeValue(request, 'route');
    const context = exchangeValue(request, 'context');
    const target = policyTargetOf(request);
    const needed = (route.alsoNeeds ?? []).filter((also) =>
      also.when(context, exchangeValue(request, 'query')),
    );
    const enforce: EnforcePolicy = (policy) => {
      if (!this.policies.allows(context, policy, target)) throw new Forbidden(policy.name);
    };
    for (const policy of [route.policy, ...needed.map((also) => also.policy)]) enforce(policy);
    if (route.laterPolicies !== undefined) request.nova.enforce = enforce;
    request.nova.access = this.policies.accessTo(context, route, target);
    auditRequest(request, http.getResponse<FastifyReply>());
    return true;
  }
}
