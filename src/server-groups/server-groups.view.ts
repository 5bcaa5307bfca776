import { Microversion } from '../nova/microversion/microversion.js';
import { INTEGER, listOf, objectSchema, UUID } from '../nova/schema/fields.js';
import { listUnderKey, underKey } from '../nova/view/under-key.js';
import type { ViewScope } from '../nova/view/view.js';
import { exampleGroup } from './example.js';
import type { Group } from './server-groups.service.js';

const WITH_OWNER = Microversion.of(2, 13);
const WITH_RULES = Microversion.of(2, 64);

const MAX = { description: 'The maximum number of servers on one host.', schema: INTEGER, optional: true };
const RULES = objectSchema('Rules', { max_server_per_host: MAX });
const POLICIES = listOf({ type: ['string', 'null'] });
const GROUP = objectSchema('Server group', {
  id: { description: 'The UUID of the group.', schema: UUID },
  name: { description: 'The name of the group.', nullable: true },
  policies: { description: 'A list with the policy.', schema: POLICIES, until: '2.63' },
  metadata: { description: 'Always empty.', schema: objectSchema('Metadata', {}), until: '2.63' },
  policy: { description: 'The policy, such as anti-affinity.', nullable: true, since: '2.64' },
  rules: { description: 'The rules of the policy.', schema: RULES, since: '2.64' },
  members: { description: 'The UUIDs of the servers that are not deleted.', schema: listOf(UUID) },
  project_id: { description: 'The project of the group.', nullable: true, since: '2.13' },
  user_id: { description: 'The user who created the group.', nullable: true, since: '2.13' },
});

const group = { schema: GROUP, example: exampleGroup, render: groupView };
export const shown = underKey('server_group', group);
export const listed = listUnderKey('server_groups', group);

function groupView(group: Group, { version }: ViewScope): object {
  const { uuid: id, name, policy, members, project_id, user_id } = group;
  const { max_server_per_host: max } = JSON.parse(policy?.rules || '{}') as { max_server_per_host?: unknown };
  const rules = max === undefined ? {} : { max_server_per_host: Number(max) };
  const former = { policies: policy === undefined ? [] : [policy.policy], metadata: {} };
  const placement = version.atLeast(WITH_RULES) ? { policy: policy?.policy ?? null, rules } : former;
  return { id, name, ...placement, members, ...(version.atLeast(WITH_OWNER) && { project_id, user_id }) };
}
