import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { BadRequest, NotFound } from '../fault/faults.js';
import { novaRoute } from '../route/declarations.js';
import { found } from './exchange.js';
import { negotiate } from './negotiate.js';

/** Settles what every request to Nova settles first: the microversion, the content type, whose URL it is. */
@Injectable()
export class RequestGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(execution: ExecutionContext): boolean {
    const route = novaRoute(this.reflector, execution.getHandler());
    if (route !== undefined) {
      const request = execution.switchToHttp().getRequest<FastifyRequest>();
      request.nova.execution = execution;
      negotiate(request);
      checkProjectId(request);
      if (route.from !== undefined && !found(request, 'version').atLeast(route.from)) {
        throw new NotFound('The resource could not be found.');
      }
    }
    return true;
  }
}

/** @throws BadRequest when the project id in the URL is not the caller's own */
export function checkProjectId(request: FastifyRequest): void {
  const { projectId } = request.nova.url;
  const own = found(request, 'context').projectId;
  if (projectId !== undefined && projectId !== own) {
    throw new BadRequest(
      `Malformed request URL: URL's project_id '${projectId}' doesn't match Context's project_id '${own ?? 'None'}'`,
    );
  }
}
