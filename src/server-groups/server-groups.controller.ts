import { Delete, Get, Post } from '@nestjs/common';
import type { RequestContext } from '../identity/request-context.js';
import { Conflict } from '../nova/fault/faults.js';
import {
  Caller,
  CheckedBody,
  CheckedQuery,
  Enforce,
  type EnforcePolicy,
  TargetItem,
} from '../nova/pipeline/parameters.js';
import { NovaResource } from '../nova/pipeline/resource.js';
import { NO_QUERY, UNCHECKED_QUERY } from '../nova/query/query-steps.js';
import { NovaRoute } from '../nova/route/declarations.js';
import { exampleGroup } from './example.js';
import { createBody, type NewGroup } from './server-groups.body.js';
import { policies } from './server-groups.policies.js';
import { type ListQuery, listQuery } from './server-groups.query.js';
import { type Group, type GroupItem, NOT_SUPPORTED, ServerGroupsService } from './server-groups.service.js';
import { listed, shown } from './server-groups.view.js';

const item = { parameter: 'server_group_id', finder: ServerGroupsService, example: exampleGroup.id };

@NovaResource('os-server-groups', {
  title: 'Server groups',
  description: 'Groups of servers that the scheduler places on the same host or on different hosts.',
})
export class ServerGroupsController {
  constructor(private readonly service: ServerGroupsService) {}

  @Get()
  @NovaRoute({
    summary: 'List server groups',
    description: 'Lists the groups of the project of the caller, in the order of their creation.',
    query: listQuery,
    policy: policies.list,
    policyTarget: 'project',
    laterPolicies: [policies.allProjects],
    ...listed,
  })
  list(
    @Caller() caller: RequestContext,
    @CheckedQuery() query: ListQuery,
    @Enforce() enforce: EnforcePolicy,
  ): Promise<readonly Group[]> {
    return this.service.list(caller, query, enforce);
  }

  @Post()
  @NovaRoute({
    summary: 'Create a server group',
    description: 'Creates a group without servers. SERVER_GROUPS_QUOTA limits the groups of a project.',
    query: UNCHECKED_QUERY,
    body: createBody,
    policy: policies.create,
    faults: [new Conflict(NOT_SUPPORTED)],
    policyTarget: 'project',
    ...shown,
  })
  create(@Caller() caller: RequestContext, @CheckedBody() body: { server_group: NewGroup }): Promise<Group> {
    return this.service.create(caller, body.server_group);
  }

  @Get(':server_group_id')
  @NovaRoute({
    summary: 'Show a server group',
    description: 'Shows the group, its policy and its servers.',
    item,
    query: NO_QUERY,
    policy: policies.show,
    ...shown,
  })
  show(@Caller() caller: RequestContext, @TargetItem() group: GroupItem): Promise<Group> {
    return this.service.show(caller, group);
  }

  @Delete(':server_group_id')
  @NovaRoute({
    summary: 'Delete a server group',
    description: 'Deletes the group, but not its servers.',
    item,
    query: UNCHECKED_QUERY,
    policy: policies.delete,
    status: 204,
  })
  delete(@TargetItem() group: GroupItem): Promise<void> {
    return this.service.delete(group);
  }
}
