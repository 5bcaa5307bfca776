import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { found } from '../http/exchange.js';
import { novaRoute } from '../route/declarations.js';
import { ServersService } from './servers.service.js';

/** Finds the server that the URL names as `server_id`, or answers that there is none. */
@Injectable()
export class ServerGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(ServersService) private readonly servers: ServersService,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const route = novaRoute(this.reflector, execution.getHandler());
    const request = execution.switchToHttp().getRequest<FastifyRequest<{ Params: { server_id?: string } }>>();
    const id = request.params.server_id;
    if (route !== undefined && id !== undefined) {
      const { deletedServersFrom: from } = route;
      const deletedToo = from !== undefined && found(request, 'version').atLeast(from);
      request.nova.server = await this.servers.find(found(request, 'context'), id, deletedToo);
    }
    return true;
  }
}
