import { personas } from '../../conformance/cases.js';
import type { Tokens } from '../../conformance/requests.js';
import type { Keystone } from './keystone.js';

/** Returns the settings with which the service uses this Keystone. */
export function keystoneSettings({ rootUrl, service }: Keystone): Record<string, string> {
  return {
    OS_AUTH_URL: rootUrl,
    OS_USERNAME: service.username,
    OS_PASSWORD: service.password,
    OS_PROJECT_NAME: service.projectName,
    OS_USER_DOMAIN_NAME: service.userDomain,
    OS_PROJECT_DOMAIN_NAME: service.projectDomain,
    // With SQLite this Keystone has only one thread, so a request may wait for others.
    KEYSTONE_TIMEOUT: '10000',
  };
}

/**
 * Requests a token for each user of the recorded requests.
 *
 * @returns the tokens by the name of the user
 */
export async function signIn(keystone: Keystone): Promise<Tokens> {
  const tokens = Object.keys(personas).map(async (name) => [name, await keystone.token(name)] as const);
  return Object.fromEntries(await Promise.all(tokens));
}
