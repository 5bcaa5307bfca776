import { Get, Param } from '@nestjs/common';
import { Microversion } from '../nova/microversion/microversion.js';
import type { Access } from '../nova/policy/access.js';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { GrantedAccess, TargetServer } from '../nova/pipeline/parameters.js';
import { exampleServers } from '../nova/servers/example.js';
import type { Server } from '../nova/servers/server.js';
import { policies } from './migrations.policies.js';
import { serverListResponse, showResponse } from './migrations.schema.js';
import { MigrationsService } from './migrations.service.js';
import type { ServerMigrationRow } from './migrations.store.js';
import { serverListView, showView } from './migrations.view.js';

const ADDED = Microversion.of(2, 23);
const SERVER_ID = "The server's UUID.";

@NovaResource('servers/:server_id/migrations', {
  title: 'Server migrations',
  description: "A server's live migrations in progress.",
  server: 'server_id',
})
export class ServerMigrationsController {
  constructor(private readonly service: MigrationsService) {}

  @Get()
  @NovaRoute({
    summary: 'List the live migrations of a server',
    description: 'Lists the live migrations in progress. An operator also sees their hosts.',
    parameters: { server_id: SERVER_ID },
    examples: { server_id: exampleServers.moving.uuid },
    from: ADDED,
    query: NO_QUERY,
    policy: policies.listOfServer,
    internal: policies.listOfServerHosts,
    view: serverListView,
    response: serverListResponse,
  })
  list(
    @TargetServer() server: Server,
    @GrantedAccess() access: Access,
  ): Promise<readonly ServerMigrationRow[]> {
    return this.service.listOfServer(server, access);
  }

  @Get(':id')
  @NovaRoute({
    summary: 'Show a live migration of a server',
    description: 'Shows a live migration in progress. Any other migration returns 404.',
    parameters: { server_id: SERVER_ID, id: 'The id of the migration, a number.' },
    examples: { server_id: exampleServers.moving.uuid, id: '4' },
    from: ADDED,
    query: NO_QUERY,
    policy: policies.show,
    view: showView,
    response: showResponse,
  })
  show(@TargetServer() server: Server, @Param('id') id: string): Promise<ServerMigrationRow> {
    return this.service.show(server, id);
  }
}
