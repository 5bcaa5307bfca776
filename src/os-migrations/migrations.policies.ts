import { ADMIN, PROJECT_MANAGER_OR_ADMIN } from '../nova/policy/base-rules.js';
import type { DeprecatedRule, Policy } from '../nova/policy/policy.js';

const LIST = { method: 'GET', path: '/os-migrations' };
const LIST_OF_SERVER = { method: 'GET', path: '/servers/{server_id}/migrations' };
const SHOW = { method: 'GET', path: '/servers/{server_id}/migrations/{migration_id}' };

/**
 * Returns the deprecated rule for a policy that Nova split from the policy `name`. A policy file that contains only the
 * old name therefore still has an effect.
 */
function splitFrom(name: string): DeprecatedRule {
  return {
    name,
    rule: ADMIN,
    since: '32.0.0',
    reason: 'Hosts and the migrations of all projects now have separate rules.',
  };
}

export const policies = {
  list: {
    name: 'os_compute_api:os-migrations:index',
    rule: PROJECT_MANAGER_OR_ADMIN,
    description: 'List migrations, without hosts.',
    operations: [LIST],
    scopes: ['project'],
  },
  listAllProjects: {
    name: 'os_compute_api:os-migrations:index:all_projects',
    rule: ADMIN,
    description: "List the migrations of all projects, or of a project other than the caller's own.",
    operations: [LIST],
    scopes: ['project'],
    deprecated: splitFrom('os_compute_api:os-migrations:index'),
  },
  listHosts: {
    name: 'os_compute_api:os-migrations:index:host',
    rule: ADMIN,
    description: 'See the internal view of listed migrations: their hosts and nodes.',
    operations: [LIST],
    scopes: ['project'],
    deprecated: splitFrom('os_compute_api:os-migrations:index'),
  },
  listOfServer: {
    name: 'os_compute_api:servers:migrations:index',
    rule: PROJECT_MANAGER_OR_ADMIN,
    description: 'List the live migrations of a server that are in progress, without hosts.',
    operations: [LIST_OF_SERVER],
    scopes: ['project'],
  },
  listOfServerHosts: {
    name: 'os_compute_api:servers:migrations:index:host',
    rule: ADMIN,
    description: "See the internal view of a server's live migrations: their hosts and nodes.",
    operations: [LIST_OF_SERVER],
    scopes: ['project'],
    deprecated: splitFrom('os_compute_api:servers:migrations:index'),
  },
  show: {
    name: 'os_compute_api:servers:migrations:show',
    rule: ADMIN,
    description: 'Show a live migration of a server that is in progress, with its hosts.',
    operations: [SHOW],
    scopes: ['project'],
  },
} as const satisfies Record<string, Policy>;
