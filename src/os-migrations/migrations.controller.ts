import { Get } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import type { Microversion } from '../nova/microversion/microversion.js';
import type { Listed } from '../nova/pagination/page.js';
import type { Access } from '../nova/policy/access.js';
import type { QueryParameters } from '../nova/query/query-steps.js';
import { NovaResource, NovaRoute } from '../nova/route/declarations.js';
import { Caller, CheckedQuery, Granted, Version } from '../nova/pipeline/parameters.js';
import { policies } from './migrations.policies.js';
import { listQuery } from './migrations.query.js';
import { listResponse } from './migrations.schema.js';
import { MigrationsService } from './migrations.service.js';
import type { MigrationRow } from './migrations.store.js';
import { listView, PAGING } from './migrations.view.js';

@NovaResource(
  'os-migrations',
  'Migrations',
  'Servers that move to another host, or change their size, in all cells.',
)
export class MigrationsController {
  constructor(private readonly service: MigrationsService) {}

  @Get()
  @NovaRoute({
    summary: 'List migrations',
    description:
      'Of all cells, newest first and in pages from microversion 2.59. A manager lists those of the own project, ' +
      'by project_id from 2.80, and sees no hosts.',
    query: listQuery,
    policy: policies.list,
    alsoNeeds: [
      {
        policy: policies.listAllProjects,
        when: (caller, { project_id: asked }) => !asked || asked !== caller.projectId,
      },
    ],
    internal: policies.listHosts,
    fields: { allProjects: policies.listAllProjects },
    view: listView,
    response: listResponse,
  })
  list(
    @Caller() caller: RequestContext,
    @Version() version: Microversion,
    @CheckedQuery() query: QueryParameters,
    @Granted() access: Access,
  ): Promise<Listed<MigrationRow>> {
    return version.atLeast(PAGING)
      ? this.service.listPage(caller, query, access)
      : this.service.listAll(caller, query, access);
  }
}
