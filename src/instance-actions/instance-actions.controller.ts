import { Get, Param } from '@nestjs/common';
import type { JoinedLookup } from '../database/rows/lookup.js';
import type { RequestContext } from '../identity/request-context.js';
import { Microversion } from '../nova/microversion/microversion.js';
import type { Listed } from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import { NO_QUERY, type QueryParameters } from '../nova/query/query-steps.js';
import { NovaResource, NovaRoute } from '../nova/route/declarations.js';
import { Caller, CheckedQuery, Granted, TargetServer, Version } from '../nova/pipeline/parameters.js';
import type { Server } from '../nova/servers/server.js';
import { EXAMPLE_REQUEST } from './example-answers.js';
import { policies } from './instance-actions.policies.js';
import { listQuery } from './instance-actions.query.js';
import { listResponse, showResponse } from './instance-actions.schema.js';
import { InstanceActionsService } from './instance-actions.service.js';
import { actionLookup, type ActionRow, type ActionWithEvents } from './instance-actions.store.js';
import { eventColumns, listView, PAGING, showView } from './instance-actions.view.js';

const DELETED_SERVERS = Microversion.of(2, 21);

/** Reads an action and what the caller is shown of its events. */
function shownLookup(access: Access, version: Microversion): JoinedLookup {
  return actionLookup(eventColumns(access, version));
}

@NovaResource(
  'servers/:server_id/os-instance-actions',
  'Server actions',
  'Who did what to a server, in which steps, and why a step failed.',
)
export class InstanceActionsController {
  constructor(private readonly service: InstanceActionsService) {}

  @Get()
  @NovaRoute({
    summary: 'List the actions on a server',
    description: 'Newest first; in pages from microversion 2.58; of deleted servers too from 2.21.',
    query: listQuery,
    policy: policies.list,
    deletedServersFrom: DELETED_SERVERS,
    view: listView,
    response: listResponse,
  })
  list(
    @Caller() caller: RequestContext,
    @TargetServer() server: Server,
    @Version() version: Microversion,
    @CheckedQuery() query: QueryParameters,
  ): Promise<Listed<ActionRow>> {
    return version.atLeast(PAGING)
      ? this.service.listPage(caller, server, query)
      : this.service.listAll(caller, server);
  }

  @Get(':request_id')
  @NovaRoute({
    summary: 'Show one action on a server',
    description:
      'A tenant gets the external view, without events before microversion 2.51 and never with tracebacks or ' +
      'hosts; an operator gets the internal one. Of deleted servers too from 2.21.',
    parameters: { request_id: 'The id of the request that asked for the action.' },
    examples: { request_id: EXAMPLE_REQUEST },
    query: NO_QUERY,
    policy: policies.show,
    internal: policies.events,
    fields: { details: policies.eventDetails },
    deletedServersFrom: DELETED_SERVERS,
    withServer: { lookup: shownLookup, by: ['request_id'] },
    view: showView,
    response: showResponse,
  })
  show(
    @Caller() caller: RequestContext,
    @TargetServer() server: Server,
    @Version() version: Microversion,
    @Granted() access: Access,
    @Param('request_id') requestId: string,
  ): Promise<ActionWithEvents> {
    return this.service.show(caller, server, requestId, shownLookup(access, version));
  }
}
