import { Get } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import type { ListPage } from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { Caller, CheckedQuery, GrantedAccess } from '../nova/pipeline/parameters.js';
import { policies } from './migrations.policies.js';
import { type ListQuery, listQuery, type PagedQueryV280 } from './migrations.query.js';
import { listResponse } from './migrations.schema.js';
import { MigrationsService } from './migrations.service.js';
import type { ServerMigrationRow } from './migrations.store.js';
import { listView } from './migrations.view.js';

@NovaResource('os-migrations', {
  title: 'Migrations',
  description: 'The migrations and resizes of servers in all cells.',
})
export class MigrationsController {
  constructor(private readonly service: MigrationsService) {}

  @Get()
  @NovaRoute({
    summary: 'List migrations',
    description:
      'Lists the migrations of all cells. From microversion 2.59, the newest migration comes first, and the list has ' +
      'pages. From 2.80, a manager may list those of the own project, with project_id, but sees no hosts.',
    query: listQuery,
    policy: policies.list,
    alsoNeeds: [
      {
        policy: policies.listAllProjects,
        when: (caller, query: PagedQueryV280) => !query.project_id || query.project_id !== caller.projectId,
      },
    ],
    internal: policies.listHosts,
    fields: { allProjects: policies.listAllProjects },
    view: listView,
    response: listResponse,
  })
  list(
    @Caller() caller: RequestContext,
    @CheckedQuery() query: ListQuery,
    @GrantedAccess() access: Access,
  ): Promise<ListPage<ServerMigrationRow>> {
    return this.service.list(caller, query, access);
  }
}
