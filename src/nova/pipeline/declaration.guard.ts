import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Forbidden } from '../fault/faults.js';
import { declaredResource, declaredRoute, dispatchesActions, openReason } from '../route/declarations.js';

/**
 * The only guard that runs for every route. It stores the declarations of the route and its resource for the later
 * guards. It denies a route without a declaration. It also denies a declared route whose class has no resource
 * decorator, because no other guards would run for that route.
 */
@Injectable()
export class DeclarationGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(execution: ExecutionContext): boolean {
    const route = declaredRoute(this.reflector, execution.getHandler());
    const resource = declaredResource(this.reflector, execution.getClass());
    const isDeclared = route !== undefined || dispatchesActions(this.reflector, execution.getHandler());
    if (isDeclared && resource !== undefined) {
      const { nova } = execution.switchToHttp().getRequest<FastifyRequest>();
      if (route !== undefined) nova.route = route;
      nova.resource = resource;
      return true;
    }
    if (route === undefined && openReason(this.reflector, execution.getClass()) !== undefined) return true;
    throw new Forbidden('an undeclared route');
  }
}
