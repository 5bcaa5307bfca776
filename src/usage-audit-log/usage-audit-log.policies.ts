import { ADMIN, deprecatedResourceRule } from '../nova/policy/base-rules.js';
import type { Policy } from '../nova/policy/policy.js';

const PATH = '/os-instance_usage_audit_log';
const deprecated = deprecatedResourceRule('os_compute_api:os-instance-usage-audit-log', 'rule:admin_api');

export const policies = {
  list: {
    name: 'os_compute_api:os-instance-usage-audit-log:list',
    rule: ADMIN,
    description: 'Show the usage audits of the last completed period.',
    operations: [{ method: 'GET', path: PATH }],
    scopes: ['project'],
    deprecated,
  },
  show: {
    name: 'os_compute_api:os-instance-usage-audit-log:show',
    rule: ADMIN,
    description: 'Show the usage audits of the last period before a time.',
    operations: [{ method: 'GET', path: `${PATH}/{before}` }],
    scopes: ['project'],
    deprecated,
  },
} as const satisfies Record<string, Policy>;
