import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Forbidden } from '../fault/faults.js';
import { found } from './exchange.js';
import { novaRoute, openReason } from '../route/declarations.js';
import { PoliciesService } from '../policy/policies.service.js';
import type { Policy } from '../policy/policy.js';

/**
 * Decides once, from the caller's roles and the server's project, whether they may at all and what they may
 * see, and leaves the decision on the request. A route that declares no policy is open to nobody.
 */
@Injectable()
export class RoleGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly policies: PoliciesService,
  ) {}

  canActivate(execution: ExecutionContext): boolean {
    if (openReason(this.reflector, execution.getClass()) !== undefined) return true;
    const route = novaRoute(this.reflector, execution.getHandler());
    if (route === undefined) throw new Forbidden('an undeclared route');

    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const context = found(request, 'context');
    const { server } = request.nova;
    const target =
      server === undefined
        ? { project_id: context.projectId, user_id: context.userId }
        : { project_id: server.projectId };
    const may = (policy: Policy): boolean => this.policies.allows(context, policy, target);

    const needed = (route.alsoNeeds ?? []).filter(({ when }) => when(context, found(request, 'query')));
    for (const policy of [route.policy, ...needed.map((also) => also.policy)]) {
      if (!may(policy)) throw new Forbidden(policy.name);
    }
    request.nova.access = this.policies.accessTo(context, route, target);
    return true;
  }
}
