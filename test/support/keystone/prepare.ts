import type { Guardian } from '../process/guardian.js';
import type { KeystoneFiles } from './config.js';
import { keystoneData } from './data.js';
import { runPython } from '../process/python.js';

/**
 * All in one process, because each `keystone-manage` spends two seconds on its imports alone.
 *
 * The users do not come in over the API, where Keystone would choose their ids. The bootstrap has a user and a
 * project of its own, so that it adds nothing to the personas.
 */
const SCRIPT = `
import grp, json, os, pwd, sqlite3, sys, uuid
import keystone.conf
from keystone.cmd import cli
from keystone.common import provider_api

plan = json.load(sys.stdin)

def manage(*words):
    keystone.conf.CONF.reset()
    cli.main(['keystone-manage', '--config-file', plan['files']['config'], *words])

owner = ['--keystone-user', pwd.getpwuid(os.geteuid()).pw_name,
         '--keystone-group', grp.getgrgid(os.getegid()).gr_name]
manage('db_sync')
if plan['files']['sqlite']:
    # Else one request of Keystone's own locks itself out: it writes while it reads, over two connections.
    sqlite3.connect(plan['files']['sqlite']).execute('PRAGMA journal_mode = WAL')
manage('fernet_setup', *owner)
manage('credential_setup', *owner)
os.environ['OS_BOOTSTRAP_PASSWORD'] = plan['password']
manage('bootstrap', '--bootstrap-username', 'bootstrap', '--bootstrap-project-name', 'bootstrap',
       '--bootstrap-region-id', 'RegionOne', '--bootstrap-public-url', plan['url'],
       '--bootstrap-internal-url', plan['url'], '--bootstrap-admin-url', plan['url'])

managers = provider_api.ProviderAPIs
assignments = managers.assignment_api
roles = {role['name']: role['id'] for role in managers.role_api.list_roles()}
for name in plan['roles']:
    if name not in roles:
        roles[name] = uuid.uuid4().hex
        managers.role_api.create_role(roles[name], {'id': roles[name], 'name': name})
for rule in managers.role_api.list_role_inference_rules():
    managers.role_api.delete_implied_role(rule['prior_role_id'], rule['implied_role_id'])
for prior, implied in plan['implied']:
    managers.role_api.create_implied_role(roles[prior], roles[implied])
for project in plan['projects']:
    managers.resource_api.create_project(project['id'], {**project, 'domain_id': 'default', 'enabled': True})
for user in plan['users']:
    managers.identity_api.driver.create_user(
        user['id'], {**user, 'domain_id': 'default', 'enabled': True, 'password': plan['password']})
for grant in plan['grants']:
    if grant['project'] is None:
        assignments.create_system_grant_for_user(grant['user'], roles[grant['role']])
    else:
        assignments.create_grant(roles[grant['role']], user_id=grant['user'], project_id=grant['project'])
`;

/** What to prepare, and for whom. */
export interface Preparation {
  readonly files: KeystoneFiles;
  /** Where Keystone will listen, `/v3` included: goes into its catalogue. */
  readonly url: string;
  /** Of every user. */
  readonly password: string;
  /** What the process may see of an environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Ends it with the test run, too. */
  readonly guardian: Guardian;
}

/** Makes Keystone's tables and keys, and fills it with the personas and the user of the service. */
export async function prepareKeystone({ environment, guardian, ...plan }: Preparation): Promise<void> {
  await runPython({
    failure: 'Keystone cannot be prepared',
    script: SCRIPT,
    input: { ...plan, ...keystoneData() },
    environment,
    guardian,
  });
}
