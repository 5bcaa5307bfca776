import type { Guardian } from '../process/guardian.js';
import type { KeystoneFiles } from './config.js';
import { keystoneData } from './data.js';
import { runPython } from '../process/python.js';

/**
 * A Python script that does the work of several `keystone-manage` commands in one process, because each command takes
 * two seconds to import its modules.
 *
 * The users of the recorded requests have given ids, which Keystone's API does not accept. So the script inserts them
 * into the database. The command `bootstrap` creates another user and project, so that it does not change these users.
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
    # Some requests read and write over two connections, which block each other in SQLite's default journal mode.
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

export interface Preparation {
  readonly files: KeystoneFiles;
  /** The URL at which Keystone will listen, with `/v3`. It is stored in the catalogue. */
  readonly url: string;
  /** The password of all users. */
  readonly password: string;
  /** All environment variables of the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills the process if the test run ends before the process exits. */
  readonly guardian: Guardian;
}

/** Creates Keystone's tables and keys, and inserts the users of the recorded requests and the service's own user. */
export async function prepareKeystone({ environment, guardian, ...plan }: Preparation): Promise<void> {
  await runPython({
    failure: 'Keystone cannot be prepared',
    script: SCRIPT,
    input: { ...plan, ...keystoneData() },
    environment,
    guardian,
  });
}
