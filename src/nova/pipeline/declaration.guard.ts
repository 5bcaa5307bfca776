import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Forbidden } from '../fault/faults.js';
import { declaredResource, declaredRoute, openReason } from '../route/declarations.js';

/**
 * The only global guard. It reads the declarations of the route and its resource, for all later guards. It denies a
 * route without a declaration. It also denies a declared route whose class has no resource decorator and therefore no
 * guards.
 */
@Injectable()
export class DeclarationGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(execution: ExecutionContext): boolean {
    const route = declaredRoute(this.reflector, execution.getHandler());
    const resource = declaredResource(this.reflector, execution.getClass());
    if (route !== undefined && resource !== undefined) {
      const { nova } = execution.switchToHttp().getRequest<FastifyRequest>();
      nova.route = route;
      nova.resource = resource;
      return true;
    }
    if (route === undefined && openReason(this.reflector, execution.getClass()) !== undefined) return true;
    throw new Forbidden('an undeclared route');
  }
}
