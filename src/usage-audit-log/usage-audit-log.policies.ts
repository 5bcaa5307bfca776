import { ADMIN, oneForAll } from '../nova/policy/base-rules.js';
import type { Policy } from '../nova/policy/policy.js';

const NAME = 'os_compute_api:os-instance-usage-audit-log';
const PATH = '/os-instance_usage_audit_log';

function policy(what: string, path: string, description: string): Policy {
  const operations = [{ method: 'GET', path }];
  const deprecated = oneForAll(NAME, 'rule:admin_api');
  return { name: `${NAME}:${what}`, rule: ADMIN, description, operations, scopes: ['project'], deprecated };
}

/** Who may see which hosts have audited their servers. */
export const policies = {
  list: policy('list', PATH, 'See the audits of the last completed period.'),
  show: policy('show', `${PATH}/{before}`, 'See the audits of the last period before a time.'),
};
