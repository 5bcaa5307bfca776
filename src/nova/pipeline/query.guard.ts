import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { found } from './exchange.js';
import { novaRoute } from '../route/declarations.js';

/** Checks the query by the step of the negotiated microversion, before the server is looked up. */
@Injectable()
export class QueryGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(execution: ExecutionContext): boolean {
    const route = novaRoute(this.reflector, execution.getHandler());
    if (route !== undefined) {
      const request = execution.switchToHttp().getRequest<FastifyRequest>();
      request.nova.query = route.query.read(found(request, 'version'), request.nova.url.query);
    }
    return true;
  }
}
