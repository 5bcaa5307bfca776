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
