import type { EntityManager } from 'typeorm';
import { insertRow } from '../database/rows/changes.js';
import { exampleServers } from '../nova/servers/example.js';

const { documented, rescheduled, deleted } = exampleServers;
const { project_id, user_id } = documented;

/** A group of the example data, as a response shows it. */
export const exampleGroup = {
  id: '5bbcc3c4-1da2-4437-a48a-66f15b1b13f9',
  name: 'web servers',
  policy: 'anti-affinity',
  rules: {},
  members: [rescheduled.uuid, documented.uuid],
  project_id,
  user_id,
};

/** Inserts a group with three servers, one of them deleted. */
export async function insertExampleGroup(manager: EntityManager): Promise<void> {
  const { id: uuid, name, policy, members } = exampleGroup;
  const group_id = await insertRow(manager, 'instance_groups', { uuid, name, project_id, user_id });
  await insertRow(manager, 'instance_group_policy', { group_id, policy, rules: '{}' });
  for (const instance_uuid of [...members, deleted.uuid])
    await insertRow(manager, 'instance_group_member', { group_id, instance_uuid });
}
