import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { found } from './exchange.js';
import { PoliciesService } from '../policy/policies.service.js';
import { novaRoute } from '../route/declarations.js';
import { ServersService } from '../servers/servers.service.js';

/** Finds the server that the URL names as `server_id`, or answers that there is none. */
@Injectable()
export class ServerGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly servers: ServersService,
    private readonly policies: PoliciesService,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const route = novaRoute(this.reflector, execution.getHandler());
    const request = execution
      .switchToHttp()
      .getRequest<FastifyRequest<{ Params: Readonly<Record<string, string | undefined>> }>>();
    const id = request.params['server_id'];
    if (route !== undefined && id !== undefined) {
      const { deletedServersFrom: from, withServer: companion } = route;
      const context = found(request, 'context');
      const version = found(request, 'version');
      request.nova.server = await this.servers.find(
        context,
        { id, deletedToo: from !== undefined && version.atLeast(from) },
        companion && {
          // As the role guard will decide for a server of the caller's own project: most others are not to be known.
          lookup: companion.lookup(
            this.policies.accessTo(context, route, { project_id: context.projectId }),
            version,
          ),
          key: companion.by.map((name) => request.params[name] ?? ''),
        },
      );
    }
    return true;
  }
}
