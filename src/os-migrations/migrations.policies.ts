import { ADMIN, PROJECT_MANAGER_OR_ADMIN } from '../nova/policy/base-rules.js';
import { type DeprecatedRule, policiesOf } from '../nova/policy/policy.js';

const policy = policiesOf('os_compute_api:os-migrations');
const ofServer = policiesOf('os_compute_api:servers:migrations');
const LIST = 'GET /os-migrations';
const LIST_OF_SERVER = 'GET /servers/{server_id}/migrations';

export const policies = {
  list: policy('index', PROJECT_MANAGER_OR_ADMIN, LIST, 'List migrations, without hosts.'),
  listAllProjects: policy(
    'index:all_projects',
    ADMIN,
    LIST,
    "List the migrations of all projects, or of a project other than the caller's own.",
    splitFrom('os_compute_api:os-migrations:index'),
  ),
  listHosts: policy(
    'index:host',
    ADMIN,
    LIST,
    'See the internal view of listed migrations: their hosts and nodes.',
    splitFrom('os_compute_api:os-migrations:index'),
  ),
  listOfServer: ofServer(
    'index',
    PROJECT_MANAGER_OR_ADMIN,
    LIST_OF_SERVER,
    'List the live migrations of a server that are in progress, without hosts.',
  ),
  listOfServerHosts: ofServer(
    'index:host',
    ADMIN,
    LIST_OF_SERVER,
    "See the internal view of a server's live migrations: their hosts and nodes.",
    splitFrom('os_compute_api:servers:migrations:index'),
  ),
  show: ofServer(
    'show',
    ADMIN,
    `${LIST_OF_SERVER}/{migration_id}`,
    'Show a live migration of a server that is in progress, with its hosts.',
  ),
};

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
