import { ADMIN, deprecatedResourceRule } from '../nova/policy/base-rules.js';
import { policiesOf } from '../nova/policy/policy.js';

const policy = policiesOf('os_compute_api:os-instance-usage-audit-log');
const PATH = '/os-instance_usage_audit_log';
const replaced = deprecatedResourceRule('os_compute_api:os-instance-usage-audit-log', 'rule:admin_api');

export const policies = {
  list: policy('list', ADMIN, `GET ${PATH}`, 'Show the usage audits of the last completed period.', replaced),
  show: policy(
    'show',
    ADMIN,
    `GET ${PATH}/{before}`,
    'Show the usage audits of the last period before a time.',
    replaced,
  ),
};
