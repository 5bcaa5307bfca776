import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { type EntityManager, IsNull, Not } from 'typeorm';
import { Settings } from '../config/settings.js';
import { Cells, type RequestSource } from '../database/cells/cells.js';
import { oneAtATime } from '../database/own-store/one-at-a-time.js';
import { insertRow } from '../database/rows/changes.js';
import { childRows } from '../database/rows/child-rows.js';
import { ownedRows } from '../database/rows/owned-rows.js';
import type { RequestContext } from '../identity/request-context.js';
import { BadRequest, Conflict, NotFound, OtherFault } from '../nova/fault/faults.js';
import { sliceOf } from '../nova/pagination/slice.js';
import type { EnforcePolicy } from '../nova/pipeline/parameters.js';
import { PoliciesService } from '../nova/policy/policies.service.js';
import type { ItemFinder, OwnedItem } from '../nova/route/item-finder.js';
import { ServersService } from '../nova/servers/servers.service.js';
import { ServerGroup, ServerGroupMember, ServerGroupPolicy } from './server-group.entities.js';
import type { NewGroup, Rules } from './server-groups.body.js';
import { policies } from './server-groups.policies.js';
import type { ListQuery } from './server-groups.query.js';

const COLUMNS = ['id', 'uuid', 'name', 'project_id', 'user_id'] as const;

type GroupRow = Pick<ServerGroup, (typeof COLUMNS)[number]>;

/** A row of a group, and the source of its other rows. */
export type GroupItem = GroupRow & OwnedItem & { readonly api: RequestSource };

/** A group with its policy and with the UUIDs of its servers that are not deleted. */
export interface Group extends Omit<GroupRow, 'id'> {
  readonly policy?: Pick<ServerGroupPolicy, 'policy' | 'rules'> | undefined;
  readonly members: readonly string[];
}

@Injectable()
export class ServerGroupsService implements ItemFinder<GroupItem> {
  constructor(
    private readonly cells: Cells,
    private readonly settings: Settings,
    private readonly policies: PoliciesService,
    private readonly servers: ServersService,
  ) {}

  /** @see ItemFinder.find */
  async find(caller: RequestContext, id: string): Promise<GroupItem> {
    const api = this.cells.api();
    const projectId = this.policies.isAdmin(caller) ? undefined : caller.projectId;
    const [row] = await ownedRows(api, ServerGroup, COLUMNS, { projectId, uuid: id });
    if (row === undefined) throw groupNotFound(id);
    return { ...row, projectId: row.project_id, api };
  }

  /** Returns a page of groups, in the order of their creation. */
  async list(caller: RequestContext, query: ListQuery, enforce: EnforcePolicy): Promise<Group[]> {
    // As in Nova, callers who are not administrators get the groups of their project.
    const isOfAllProjects = query.all_projects !== undefined && this.policies.isAdmin(caller);
    if (isOfAllProjects) enforce(policies.allProjects);
    const projectId = isOfAllProjects ? undefined : caller.projectId;
    const slice = sliceOf(query, this.settings.MAX_LIMIT);
    const api = this.cells.api();
    const rows = await ownedRows(api, ServerGroup, COLUMNS, { projectId, ...slice });
    return rows.map(await this.details(caller, rows, api));
  }

  async show(caller: RequestContext, item: GroupItem): Promise<Group> {
    const withDetails = await this.details(caller, [item], item.api);
    return withDetails(item);
  }

  /**
   * Creates a group without servers.
   *
   * @throws OtherFault with status 403 if the project has reached its quota
   * @throws BadRequest or Conflict as `checkRules`
   */
  create({ projectId: project_id, userId: user_id }: RequestContext, group: NewGroup): Promise<Group> {
    const { policy, rules = {} } = 'policy' in group ? group : { policy: group.policies[0] };
    const row = { uuid: randomUUID(), name: group.name, project_id, user_id };
    const { SERVER_GROUPS_QUOTA: quota } = this.settings;
    const work = async (manager: EntityManager): Promise<Group> => {
      await oneAtATime(manager, `server groups of ${project_id ?? ''}`);
      const others = { project_id: project_id ?? IsNull(), uuid: Not(row.uuid) };
      if (quota >= 0 && (await manager.countBy(ServerGroup, others)) >= quota)
        throw new OtherFault(403, 'Quota exceeded, too many server groups.');
      checkRules(policy, rules);
      const created = { ...row, policy: { policy, rules: JSON.stringify(rules) }, members: [] };
      // If the connection broke during the commit, an earlier run may have created the group.
      if (await manager.existsBy(ServerGroup, { uuid: row.uuid })) return created;
      const group_id = await insertRow(manager, 'instance_groups', row);
      await insertRow(manager, 'instance_group_policy', { ...created.policy, group_id });
      return created;
    };
    return this.cells.writeApi(work, { isIdempotent: true });
  }

  /** Deletes a group. @throws NotFound if another request has deleted it */
  async delete({ id, uuid }: GroupItem): Promise<void> {
    await this.cells.writeApi(async (manager) => {
      for (const child of [ServerGroupPolicy, ServerGroupMember])
        await manager.delete(child, { group_id: id });
      const { affected } = await manager.delete(ServerGroup, { id });
      if (affected === 0) throw groupNotFound(uuid);
    });
  }

  /** Returns a function that adds the policy and the members to one of the rows. The queries read those of all rows. */
  private async details(
    caller: RequestContext,
    rows: readonly GroupRow[],
    api: RequestSource,
  ): Promise<(row: GroupRow) => Group> {
    const ids = rows.map(({ id }) => id);
    const policyRows = await childRows(api, ServerGroupPolicy, ['policy', 'rules'], 'group_id', ids);
    const memberRows = await childRows(api, ServerGroupMember, ['instance_uuid'], 'group_id', ids);
    const members = await this.servers.undeleted(caller, memberRows, api.deadline);
    return (row) => ({ ...row, policy: policyRows.get(row.id)?.[0], members: members.get(row.id) ?? [] });
  }
}

function groupNotFound(id: string): NotFound {
  return new NotFound(`Instance group ${id} could not be found.`);
}

/**
 * @throws BadRequest for rules of another policy than anti-affinity
 * @throws Conflict for a rule that needs compute services, which the own store does not have
 */
function checkRules(policy: string, rules: Rules): void {
  if (policy !== 'anti-affinity' && Object.keys(rules).length > 0)
    throw new BadRequest('Only anti-affinity policy supports rules.');
  if (Number(rules.max_server_per_host ?? 1) > 1) throw new Conflict(NOT_SUPPORTED);
}

/** The message about a rule that needs compute services. */
export const NOT_SUPPORTED =
  'Creating an anti-affinity group with rule max_server_per_host > 1 is not yet supported.';
