import { PROJECT_READER_OR_ADMIN } from '../nova/policy/base-rules.js';
import type { Policy } from '../nova/policy/policy.js';

export const policies = {
  show: {
    name: 'os_compute_api:servers:show',
    rule: PROJECT_READER_OR_ADMIN,
    description: 'Show a server.',
    operations: [{ method: 'GET', path: '/servers/{server_id}' }],
    scopes: ['project'],
  },
} as const satisfies Record<string, Policy>;
