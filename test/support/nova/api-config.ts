import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Keystone } from '../keystone/keystone.js';

/** Policy rules: name → rule, as in a policy file. */
export type PolicyRules = Readonly<Record<string, string>>;

/** The URLs of Nova's databases: `mysql://user:password@host:port/name`. */
export interface NovaApiDatabases {
  readonly api: string;
  /** The database of cell0, which contains the servers for which Nova found no host. */
  readonly cell0: string;
  readonly cell1: string;
  readonly cell2: string;
}

/** The paths of a nova-api's files. */
export interface NovaApiFiles {
  readonly config: string;
  readonly log: string;
}

/** Converts the URL of a database to the format of SQLAlchemy. */
export function sqlAlchemyUrl(url: string): string {
  return url.replace(/^mysql:/, 'mysql+pymysql:');
}

export interface NovaApiSettings {
  readonly databases: NovaApiDatabases;
  readonly keystone: Pick<Keystone, 'rootUrl' | 'service'>;
  readonly policy: PolicyRules;
  /** Additional settings in the section DEFAULT of nova.conf. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The URL of Neutron, the network service. */
  readonly neutronUrl: string;
}

/** Writes the configuration files of a nova-api into its folder. */
export async function configureNovaApi(folder: string, settings: NovaApiSettings): Promise<NovaApiFiles> {
  const { databases, keystone, policy, defaults, neutronUrl } = settings;
  const policyFile = join(folder, 'policy.yaml');
  // Nova reads the file as YAML. Any JSON is valid YAML.
  await writeFile(policyFile, JSON.stringify(policy));
  const sections = {
    DEFAULT: {
      transport_url: 'fake:///',
      host: 'nova-api',
      state_path: folder,
      // Without this setting, oslo.messaging logs a thousand lines at each start.
      default_log_levels: 'oslo_messaging=ERROR,keystonemiddleware=ERROR,sqlalchemy=WARNING',
      ...defaults,
    },
    api: { max_limit: 1000 },
    api_database: { connection: sqlAlchemyUrl(databases.api) },
    database: { connection: sqlAlchemyUrl(databases.cell0) },
    keystone_authtoken: {
      auth_type: 'password',
      auth_url: keystone.rootUrl,
      www_authenticate_uri: keystone.rootUrl,
      username: keystone.service.username,
      password: keystone.service.password,
      project_name: keystone.service.projectName,
      user_domain_name: keystone.service.userDomain,
      project_domain_name: keystone.service.projectDomain,
      service_token_roles_required: true,
    },
    neutron: { endpoint_override: neutronUrl },
    // When Nova deletes a server, it requires the URL of Glance for a notification, and Placement for the allocations.
    glance: { endpoint_override: neutronUrl },
    placement: { auth_type: 'none', endpoint_override: neutronUrl },
    oslo_concurrency: { lock_path: folder },
    oslo_messaging_notifications: { driver: 'noop' },
    oslo_policy: {
      enforce_scope: true,
      enforce_new_defaults: true,
      policy_file: policyFile,
      policy_dirs: join(folder, 'policy.d'),
    },
  };
  const config = join(folder, 'nova.conf');
  await writeFile(config, Object.entries(sections).map(inIni).join('\n'), { mode: 0o600 });
  return { config, log: join(folder, 'nova-api.log') };
}

function inIni([section, values]: [string, Readonly<Record<string, unknown>>]): string {
  // A `$` in a value is doubled, because oslo.config reads `$name` as a reference to another setting.
  const lines = Object.entries(values).map(
    ([name, value]) => `${name} = ${String(value).replaceAll('$', '$$$$')}\n`,
  );
  return `[${section}]\n${lines.join('')}`;
}
