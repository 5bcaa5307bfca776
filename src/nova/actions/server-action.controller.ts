import { Post, Req, Res, UseGuards } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Settings } from '../../config/settings.js';
import { exchangeValue } from '../pipeline/exchange.js';
import { API_GUARDS, controllerOf } from '../pipeline/resource.js';
import { renderResult } from '../pipeline/view.interceptor.js';
import { DispatchesActions } from '../route/declarations.js';
import { statusOf } from '../route/nova-route.js';
import { ActionGuard } from './action.guard.js';
import { ServerActionDirectory } from './server-action-directory.js';

/** The route of all actions on servers. The modules declare the actions. */
@UseGuards(ActionGuard, ...API_GUARDS)
@controllerOf('v2.1/servers/:server_id/action', {
  title: 'Server action requests',
  description: 'Requests for actions on a server.',
  server: 'server_id',
  routes: 'NovaRoute',
})
export class ServerActionController {
  constructor(
    private readonly actions: ServerActionDirectory,
    private readonly settings: Settings,
  ) {}

  @Post()
  @DispatchesActions()
  async send(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { enforce = rejectUndeclared } = request.nova;
    const result = await this.actions.actionOf(request.nova.json).run({
      caller: exchangeValue(request, 'context'),
      server: exchangeValue(request, 'server'),
      body: exchangeValue(request, 'body'),
      version: exchangeValue(request, 'version'),
      enforce,
    });
    const body = renderResult(request, reply, this.settings.PUBLIC_URL, result);
    // The status depends on the action, so the handler sends the response itself.
    void reply.status(statusOf(exchangeValue(request, 'route'))).send(body);
  }
}

function rejectUndeclared(): never {
  throw new Error('the action declares no laterPolicies');
}
