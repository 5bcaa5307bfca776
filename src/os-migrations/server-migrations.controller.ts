import { Get, Param } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import type { Access } from '../nova/policy/access.js';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource, NovaRoute } from '../nova/route/declarations.js';
import { Caller, Granted, TargetServer } from '../nova/pipeline/parameters.js';
import { exampleServers } from '../nova/servers/example.js';
import type { Server } from '../nova/servers/server.js';
import { policies } from './migrations.policies.js';
import { serverListResponse, showResponse } from './migrations.schema.js';
import { MigrationsService } from './migrations.service.js';
import type { MigrationRow } from './migrations.store.js';
import { serverListView, showView, TYPES_AND_LINKS } from './migrations.view.js';

const SERVER_ID = "The server's UUID.";

@NovaResource(
  'servers/:server_id/migrations',
  'Server migrations',
  'The live migrations of a server that are in progress.',
)
export class ServerMigrationsController {
  constructor(private readonly service: MigrationsService) {}

  @Get()
  @NovaRoute({
    summary: 'List the live migrations of a server',
    description: 'Those that are in progress.',
    parameters: { server_id: SERVER_ID },
    examples: { server_id: exampleServers.moving.uuid },
    from: TYPES_AND_LINKS,
    query: NO_QUERY,
    policy: policies.listOfServer,
    internal: policies.listOfServerHosts,
    view: serverListView,
    response: serverListResponse,
  })
  list(
    @Caller() caller: RequestContext,
    @TargetServer() server: Server,
    @Granted() access: Access,
  ): Promise<readonly MigrationRow[]> {
    return this.service.listOfServer(caller, server, access);
  }

  @Get(':id')
  @NovaRoute({
    summary: 'Show a live migration of a server',
    description: 'One that is in progress.',
    parameters: { server_id: SERVER_ID, id: 'The number of the migration.' },
    examples: { server_id: exampleServers.moving.uuid, id: '4' },
    from: TYPES_AND_LINKS,
    query: NO_QUERY,
    policy: policies.show,
    view: showView,
    response: showResponse,
  })
  show(
    @Caller() caller: RequestContext,
    @TargetServer() server: Server,
    @Param('id') id: string,
  ): Promise<MigrationRow> {
    return this.service.show(caller, server, id);
  }
}
