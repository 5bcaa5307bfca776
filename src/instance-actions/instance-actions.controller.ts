import { Get, Param } from '@nestjs/common';
import { Microversion } from '../nova/microversion/microversion.js';
import type { ListPage } from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { CheckedQuery, GrantedAccess, TargetServer, Version } from '../nova/pipeline/parameters.js';
import type { Server } from '../nova/servers/server.js';
import { EXAMPLE_REQUEST } from './example-responses.js';
import { policies } from './instance-actions.policies.js';
import { type ListQuery, listQuery } from './instance-actions.query.js';
import { listResponse, showResponse } from './instance-actions.schema.js';
import { InstanceActionsService } from './instance-actions.service.js';
import { type ActionRow, type ActionWithEvents, showLookup } from './instance-actions.store.js';
import { listView, showView } from './instance-actions.view.js';

const DELETED_SERVERS = Microversion.of(2, 21);

@NovaResource('servers/:server_id/os-instance-actions', {
  title: 'Server actions',
  description: 'The log of each server: its actions, the users who requested them, their steps, and errors.',
  server: 'server_id',
})
export class InstanceActionsController {
  constructor(private readonly service: InstanceActionsService) {}

  @Get()
  @NovaRoute({
    summary: 'List the actions on a server',
    description:
      'The newest action comes first. From microversion 2.21, the request also works for deleted servers. From 2.58, the list has ' +
      'pages.',
    query: listQuery,
    policy: policies.list,
    deletedServersFrom: DELETED_SERVERS,
    answersFromCopy: true,
    view: listView,
    response: listResponse,
  })
  list(@TargetServer() server: Server, @CheckedQuery() query: ListQuery): Promise<ListPage<ActionRow>> {
    return this.service.list(server, query);
  }

  @Get(':request_id')
  @NovaRoute({
    summary: 'Show one action on a server',
    description:
      'A tenant gets the external view: without events before microversion 2.51, and always without tracebacks and ' +
      'host names. An operator gets the internal view. From 2.21, the request also works for deleted servers.',
    parameters: { request_id: 'The id of the request that started the action.' },
    examples: { request_id: EXAMPLE_REQUEST },
    query: NO_QUERY,
    policy: policies.show,
    internal: policies.events,
    fields: { details: policies.eventDetails },
    deletedServersFrom: DELETED_SERVERS,
    answersFromCopy: true,
    prefetch: { lookup: showLookup, keyParameters: ['request_id'] },
    view: showView,
    response: showResponse,
  })
  show(
    @TargetServer() server: Server,
    @Param('request_id') requestId: string,
    @GrantedAccess() access: Access,
    @Version() version: Microversion,
  ): Promise<ActionWithEvents> {
    return this.service.show(server, requestId, showLookup(access, version));
  }
}
