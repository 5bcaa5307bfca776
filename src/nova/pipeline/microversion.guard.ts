import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { NotFound } from '../fault/faults.js';
import { exchangeValue } from './exchange.js';
import { checkNovaRequest } from './check-nova-request.js';

/** Negotiates the microversion. Returns 404 for a route that only a later microversion has. */
@Injectable()
export class MicroversionGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { from } = exchangeValue(request, 'route');
    checkNovaRequest(request);
    if (from !== undefined && !exchangeValue(request, 'version').atLeast(from)) {
      throw new NotFound('The resource could not be found.');
    }
    return true;
  }
}
