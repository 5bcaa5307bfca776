import { personas } from '../../conformance/cases.js';
import type { Tokens } from '../../conformance/requests.js';
import type { Keystone } from './keystone.js';

/** Returns the settings with which the service authenticates its callers with this Keystone. */
export function keystoneSettings({ rootUrl, service }: Keystone): Record<string, string> {
  return {
    OS_AUTH_URL: rootUrl,
    OS_USERNAME: service.username,
    OS_PASSWORD: service.password,
    OS_PROJECT_NAME: service.projectName,
    OS_USER_DOMAIN_NAME: service.userDomain,
    OS_PROJECT_DOMAIN_NAME: service.projectDomain,
    // This Keystone has one thread and SQLite: concurrent requests wait for each other.
    KEYSTONE_TIMEOUT: '10000',
  };
}

/** Requests a token for each persona of the recordings. @returns the tokens by persona */
export async function signIn(keystone: Keystone): Promise<Tokens> {
  const tokens = Object.keys(personas).map(async (name) => [name, await keystone.token(name)] as const);
  return Object.fromEntries(await Promise.all(tokens));
}
