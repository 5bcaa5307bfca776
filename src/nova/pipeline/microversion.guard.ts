import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { NotFound } from '../fault/faults.js';
import { checkHeaders, checkProject } from './check-nova-request.js';
import { exchangeValue } from './exchange.js';
import { readJson } from './request-json.js';

/**
 * Negotiates the microversion, and reads the body of a route that declares one. Returns 404 for a route that only a
 * later microversion has.
 */
@Injectable()
export class MicroversionGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { body } = exchangeValue(request, 'route');
    checkHeaders(request);
    if (body !== undefined) return this.readBody(request);
    checkRoute(request);
    return true;
  }

  private async readBody(request: FastifyRequest): Promise<true> {
    request.nova.json = await readJson(request);
    checkRoute(request);
    return true;
  }
}

/**
 * Compares a request with its route. As in Nova, this happens after the service has read the body.
 *
 * @throws BadRequest if the project id in the URL is not the caller's own
 * @throws NotFound if only a later microversion has the route
 */
export function checkRoute(request: FastifyRequest): void {
  const { from } = exchangeValue(request, 'route');
  checkProject(request);
  if (from !== undefined && !exchangeValue(request, 'version').atLeast(from)) throw resourceNotFound();
}

/** Returns Nova's fault for a path without a resource. */
export function resourceNotFound(): NotFound {
  return new NotFound('The resource could not be found.');
}
