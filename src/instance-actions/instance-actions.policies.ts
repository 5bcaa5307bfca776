import { ADMIN, deprecatedResourceRule, PROJECT_READER_OR_ADMIN } from '../nova/policy/base-rules.js';
import type { Policy } from '../nova/policy/policy.js';

const LIST = { method: 'GET', path: '/servers/{server_id}/os-instance-actions' };
const SHOW = { method: 'GET', path: '/servers/{server_id}/os-instance-actions/{request_id}' };

const deprecated = deprecatedResourceRule('os_compute_api:os-instance-actions', 'rule:admin_or_owner');

export const policies = {
  list: {
    name: 'os_compute_api:os-instance-actions:list',
    rule: PROJECT_READER_OR_ADMIN,
    description: 'List the actions on a server.',
    operations: [LIST],
    scopes: ['project'],
    deprecated,
  },
  show: {
    name: 'os_compute_api:os-instance-actions:show',
    rule: PROJECT_READER_OR_ADMIN,
    description: 'Show one action on a server.',
    operations: [SHOW],
    scopes: ['project'],
    deprecated,
  },
  events: {
    name: 'os_compute_api:os-instance-actions:events',
    rule: ADMIN,
    description:
      'See the internal view of an action: the tracebacks of its events, their host names from microversion 2.62, ' +
      'and the events themselves before 2.51. Checked only for callers who may show the action.',
    operations: [SHOW],
    scopes: ['project'],
  },
  eventDetails: {
    name: 'os_compute_api:os-instance-actions:events:details',
    rule: ADMIN,
    description:
      'See the details of a failed event, from microversion 2.84. They may reveal facts about the deployment. ' +
      'Checked only for callers who may show the action.',
    operations: [SHOW],
    scopes: ['project'],
  },
} as const satisfies Record<string, Policy>;
