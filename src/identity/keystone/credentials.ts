import { SettingsError } from '../../config/settings-error.js';
import type { Settings } from '../../config/settings.js';

/** The address of Keystone, and the credentials of the service's own user there. */
export interface ServiceCredentials {
  readonly authUrl: string;
  /** The kind of endpoint that the service uses from the catalogue: `public`, `internal` or `admin`. */
  readonly interface: string;
  readonly region: string | undefined;
  readonly method:
    | { readonly kind: 'password'; readonly user: object; readonly scope: object }
    | { readonly kind: 'application_credential'; readonly credential: object };
}

/**
 * Reads the credentials from OpenStack's standard settings (`OS_…`): the name or id of a user with password and
 * project, or an application credential.
 *
 * @throws SettingsError if a setting is missing
 */
export function serviceCredentials(settings: Settings, authUrl: string): ServiceCredentials {
  const common = { authUrl, interface: settings.OS_INTERFACE, region: settings.OS_REGION_NAME };
  if (settings.OS_APPLICATION_CREDENTIAL_SECRET !== undefined) {
    return {
      ...common,
      method: { kind: 'application_credential', credential: applicationCredential(settings) },
    };
  }
  const password = needed(settings, 'OS_PASSWORD');
  const user = userOf(settings);
  const project =
    settings.OS_PROJECT_ID === undefined
      ? { name: needed(settings, 'OS_PROJECT_NAME'), domain: domain(settings, 'OS_PROJECT_DOMAIN') }
      : { id: settings.OS_PROJECT_ID };
  return { ...common, method: { kind: 'password', user: { ...user, password }, scope: { project } } };
}

/** Returns the body of the request with which the service gets its own token from Keystone. */
export function signInBody({ method }: ServiceCredentials): object {
  if (method.kind === 'password') {
    const identity = { methods: ['password'], password: { user: method.user } };
    return { auth: { identity, scope: method.scope } };
  }
  // The body has no scope, because an application credential already belongs to one project. Keystone would reject a
  // scope.
  return {
    auth: { identity: { methods: ['application_credential'], application_credential: method.credential } },
  };
}

function applicationCredential(settings: Settings): object {
  const secret = settings.OS_APPLICATION_CREDENTIAL_SECRET;
  if (settings.OS_APPLICATION_CREDENTIAL_ID !== undefined) {
    return { id: settings.OS_APPLICATION_CREDENTIAL_ID, secret };
  }
  return { name: needed(settings, 'OS_APPLICATION_CREDENTIAL_NAME'), user: userOf(settings), secret };
}

function userOf(settings: Settings): object {
  if (settings.OS_USER_ID !== undefined) return { id: settings.OS_USER_ID };
  return { name: needed(settings, 'OS_USERNAME'), domain: domain(settings, 'OS_USER_DOMAIN') };
}

function domain(settings: Settings, prefix: 'OS_USER_DOMAIN' | 'OS_PROJECT_DOMAIN'): object {
  const id = settings[`${prefix}_ID`];
  const name = settings[`${prefix}_NAME`];
  if (id !== undefined) return { id };
  return name === undefined ? { id: 'default' } : { name };
}

function needed(settings: Settings, name: keyof Settings & `OS_${string}`): string {
  const value = settings[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new SettingsError(
    `${name} is not set; OS_AUTH_URL is set, so the service needs its own user at Keystone: ` +
      'OS_USERNAME, OS_PASSWORD and OS_PROJECT_NAME, or an application credential',
  );
}
