import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { checkHeaders } from '../pipeline/check-nova-request.js';
import { checkRoute } from '../pipeline/microversion.guard.js';
import { readJson } from '../pipeline/request-json.js';
import { ServerActionDirectory } from './server-action-directory.js';

/**
 * Negotiates the microversion, and selects the action by the body of the request. Stores the declaration of the action
 * in the exchange, for the guards that follow.
 */
@Injectable()
export class ActionGuard implements CanActivate {
  constructor(private readonly actions: ServerActionDirectory) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    checkHeaders(request);
    const json = await readJson(request);
    const { route } = this.actions.actionOf(json);
    Object.assign(request.nova, { json, route });
    checkRoute(request);
    return true;
  }
}
