import { randomUUID } from 'node:crypto';
import { personas } from '../../conformance/cases.js';
import { type Answer, type Keystone, type Scope, tokenOf } from './keystone.js';

/** A Keystone user that only one test uses, so the test may change the user. */
export interface KeystoneUser {
  readonly id: string;
  /**
   * Requests a token.
   *
   * @param scope the scope of the token; by default the project, domain or system in which the user has roles
   */
  token(scope?: Scope): Promise<string>;
  /** Disables the user. Keystone then revokes all tokens of the user. */
  disable(): Promise<void>;
}

/** Creates a user that has the given roles in a project, in a domain or on the system. */
export async function createUser(
  keystone: Keystone,
  roles: readonly string[],
  scope: { readonly projectId: string } | { readonly domainId: string } | 'system',
): Promise<KeystoneUser> {
  const token = await keystone.token('admin');
  const password = randomUUID();
  const made = await keystone.request('POST', '/v3/users', {
    token,
    body: { user: { name: `user-${randomUUID()}`, domain_id: 'default', password } },
  });
  const { id } = (expectStatus(made, 201) as { user: { id: string } }).user;
  for (const role of roles) {
    const found = await keystone.request('GET', `/v3/roles?name=${role}`, { token });
    const [known] = (expectStatus(found, 200) as { roles: { id: string }[] }).roles;
    if (!known) throw new Error(`there is no role ${role}`);
    const grant = `${pathOf(scope)}/users/${id}/roles/${known.id}`;
    expectStatus(await keystone.request('PUT', grant, { token }), 204);
  }
  return {
    id,
    token: (other = scope) => keystone.passwordToken({ userId: id, password, scope: other }),
    async disable() {
      const body = { user: { enabled: false } };
      expectStatus(await keystone.request('PATCH', `/v3/users/${id}`, { token, body }), 200);
    },
  };
}

/**
 * An access rule: a kind of request that the owner of an application credential may send. `service` is a service type
 * such as `compute`.
 */
interface AccessRule {
  readonly service: string;
  readonly method: string;
  readonly path: string;
}

/** The restrictions of an application credential. */
export interface CredentialLimits {
  /** The only requests that are allowed. Without rules, all requests are allowed. */
  readonly accessRules?: readonly AccessRule[];
  /** The time after which the credential and its tokens expire, in whole seconds. */
  readonly expiresInSeconds?: number;
}

/** A Keystone credential with which a program gets tokens without the password of a user. */
export interface ApplicationCredential {
  readonly id: string;
  readonly secret: string;
  /** Requests a token for the project of the user that owns the credential. The token has the roles of this user. */
  token(): Promise<string>;
}

/** Creates an application credential of a user of the recorded requests. */
export async function createApplicationCredential(
  keystone: Keystone,
  persona: string,
  { accessRules, expiresInSeconds }: CredentialLimits = {},
): Promise<ApplicationCredential> {
  const userId = personas[persona]?.user_id ?? '';
  const end = expiresInSeconds === undefined ? undefined : new Date(Date.now() + expiresInSeconds * 1000);
  const made = await keystone.request('POST', `/v3/users/${userId}/application_credentials`, {
    token: await keystone.token(persona),
    body: {
      application_credential: {
        name: randomUUID(),
        ...(accessRules && { access_rules: accessRules }),
        ...(end && { expires_at: end.toISOString() }),
      },
    },
  });
  const { application_credential: credential } = expectStatus(made, 201) as {
    application_credential: { id: string; secret: string };
  };
  const { id, secret } = credential;
  return {
    id,
    secret,
    async token() {
      const identity = { methods: ['application_credential'], application_credential: { id, secret } };
      return tokenOf(await keystone.request('POST', '/v3/auth/tokens', { body: { auth: { identity } } }));
    },
  };
}

function pathOf(scope: Parameters<typeof createUser>[2]): string {
  if (scope === 'system') return '/v3/system';
  return 'domainId' in scope ? `/v3/domains/${scope.domainId}` : `/v3/projects/${scope.projectId}`;
}

function expectStatus({ status, body }: Answer, expected: number): unknown {
  if (status !== expected) throw new Error(`Keystone returned ${status}: ${JSON.stringify(body)}`);
  return body;
}
