import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PoliciesService } from '../policy/policies.service.js';
import { ServersService } from '../servers/servers.service.js';
import { exchangeValue } from './exchange.js';

/**
 * Finds the server that the URL names, or returns 404. Does nothing for a resource whose routes do not name a server.
 */
@Injectable()
export class ServerGuard implements CanActivate {
  constructor(
    private readonly servers: ServersService,
    private readonly policies: PoliciesService,
  ) {}

  canActivate(execution: ExecutionContext): boolean | Promise<boolean> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { server } = exchangeValue(request, 'resource');
    return server === undefined || this.findServer(request, server);
  }

  /** @param parameter the path parameter that contains the server's id */
  private async findServer(request: FastifyRequest, parameter: string): Promise<true> {
    const route = exchangeValue(request, 'route');
    const { deletedServersFrom: from, prefetch, answersFromCopy = false } = route;
    const context = exchangeValue(request, 'context');
    const parameters = request.params as Readonly<Record<string, string | undefined>>;
    request.nova.server = await this.servers.find(
      context,
      {
        id: parameters[parameter] ?? '',
        includeDeleted: from !== undefined && exchangeValue(request, 'version').atLeast(from),
        requestId: request.nova.requestId,
        useCopy: answersFromCopy,
      },
      prefetch && {
        // The prefetched columns are those that the caller may see if the server belongs to the caller's project. The
        // role guard later checks the policies for the project to which the server really belongs.
        lookup: prefetch.lookup(
          this.policies.accessTo(context, route, { project_id: context.projectId }),
          exchangeValue(request, 'version'),
        ),
        key: prefetch.keyParameters.map((name) => parameters[name] ?? ''),
      },
    );
    return true;
  }
}
