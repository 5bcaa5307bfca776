import { Get } from '@nestjs/common';
import { serverNotFound } from '../nova/servers/further-search.js';
import type { Server } from '../nova/servers/server.js';
import { TargetServer } from '../nova/pipeline/parameters.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NO_QUERY } from '../nova/query/query-steps.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { policies } from './servers.policies.js';
import { type ServerRow, shownLookup } from './servers.store.js';
import { shown } from './servers.view.js';

@NovaResource('servers/:server_id', {
  title: 'Servers',
  description: 'The servers of the own store.',
  server: 'server_id',
})
export class ServersController {
  @Get()
  @NovaRoute({
    summary: 'Show a server',
    description:
      'Shows the fields that the own store has. As for a server in an unreachable cell of Nova, the status is UNKNOWN, ' +
      'and other fields such as flavor are absent. Clients such as openstack send this request before they lock a server.',
    ownStoreOnly: true,
    query: NO_QUERY,
    policy: policies.show,
    prefetch: { lookup: () => shownLookup, keyParameters: [] },
    ...shown,
  })
  async show(@TargetServer() server: Server): Promise<ServerRow> {
    const [row] = await server.load<ServerRow>(shownLookup, []);
    if (row === undefined) throw serverNotFound(server.urlId);
    return row;
  }
}
