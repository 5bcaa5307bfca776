import { personas } from '../../conformance/cases.js';
import type { Tokens } from '../../conformance/requests.js';
import type { Keystone } from './keystone.js';

/** What the service is told so that it knows its callers by this Keystone. */
export function keystoneSettings({ rootUrl, service }: Keystone): Record<string, string> {
  return {
    OS_AUTH_URL: rootUrl,
    OS_USERNAME: service.username,
    OS_PASSWORD: service.password,
    OS_PROJECT_NAME: service.projectName,
    OS_USER_DOMAIN_NAME: service.userDomain,
    OS_PROJECT_DOMAIN_NAME: service.projectDomain,
    // With one thread and SQLite it is slow while others ask it too.
    KEYSTONE_TIMEOUT: '10000',
  };
}

/** Signs in all personas of the recordings. */
export async function signIn(keystone: Keystone): Promise<Tokens> {
  const tokens = Object.keys(personas).map(async (name) => [name, await keystone.token(name)] as const);
  return Object.fromEntries(await Promise.all(tokens));
}
