import { Logger } from '@nestjs/common';
import { trimEnd } from '../../common/trim-end.js';
import { type ServiceCredentials, signInBody } from './credentials.js';
import type { KeystoneHttp, KeystoneReply } from './keystone-http.js';
import { readToken, type ValidToken } from './token.js';

/** The service's own token is renewed when less than this is left of it, in milliseconds. */
const RENEW_BEFORE = 60_000;

/** What says that it is for us to change something. */
const REFUSALS = new Set([400, 401, 403, 404]);

/** Signed in: the service's own token, and where tokens are validated. */
interface Session {
  readonly token: string;
  readonly expiresAt: number;
  readonly validateUrl: string;
}

/** Keystone refuses this service, or answers what it should not. For the log; callers get 503. */
export class KeystoneError extends Error {}

/** Asks Keystone about tokens, signed in as the service's own user. */
export class KeystoneClient {
  private readonly log = new Logger('Keystone');
  /** Signed in, or about to be. */
  private session: Promise<Session> | undefined;
  /** The session that was signed in last. */
  private current: Session | undefined;
  private looking: Promise<boolean> | undefined;
  /** The address for callers: as it is set, else the root, without a version. */
  readonly publicUrl: string;

  constructor(
    private readonly http: KeystoneHttp,
    private readonly credentials: ServiceCredentials,
    wwwAuthenticateUri?: string,
  ) {
    this.publicUrl = wwwAuthenticateUri ?? `${credentials.authUrl.replace(/(\/v3)?\/?$/, '')}/`;
  }

  /**
   * What Keystone says of a token.
   *
   * @param allowExpired whether one that ended a short while ago counts (Keystone knows how short)
   * @returns undefined for a token that Keystone does not know, or that has ended
   * @throws Error when Keystone does not say
   */
  async validate(token: string, allowExpired: boolean): Promise<ValidToken | undefined> {
    const session = await this.signedIn();
    let reply = await this.askAbout(token, allowExpired, session);
    if (reply.status === 401) {
      // The service's own token is no longer good, whatever its end was said to be: once more with a new one.
      this.forget(session);
      reply = await this.askAbout(token, allowExpired, await this.signedIn());
    }
    if (reply.status === 404) return undefined;
    if (reply.status !== 200)
      throw new KeystoneError(`Keystone answers ${reply.status} to validating a token`);
    return readToken(reply.body);
  }

  /** Whether there is a Keystone, asked without a token. One question at a time, however many want to know. */
  isReachable(): Promise<boolean> {
    this.looking ??= this.discover(this.credentials.authUrl)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.looking = undefined;
      });
    return this.looking;
  }

  /** Of many who find out at once, the first one's word is enough. */
  private forget(session: Session): void {
    if (this.current !== session) return;
    this.current = undefined;
    this.session = undefined;
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private askAbout(token: string, allowExpired: boolean, session: Session): Promise<KeystoneReply> {
    return this.http.get('validation', `${session.validateUrl}${allowExpired ? '?allow_expired=1' : ''}`, {
      'X-Auth-Token': session.token,
      'X-Subject-Token': token,
      // Without this Keystone keeps tokens with access rules to itself.
      'OpenStack-Identity-Access-Rules': '1.0',
    });
  }

  /** One sign-in at a time; a failed one is tried again by the next that needs it. */
  private async signedIn(): Promise<Session> {
    const current = this.session;
    if (current !== undefined) {
      const session = await current;
      if (session.expiresAt - RENEW_BEFORE > Date.now()) return session;
      if (this.session !== current) return this.signedIn();
    }
    const signingIn = this.signIn();
    this.session = signingIn;
    signingIn.catch(() => {
      if (this.session === signingIn) this.session = undefined;
    });
    return signingIn;
  }

  private async signIn(): Promise<Session> {
    const v3 = await this.discover(this.credentials.authUrl);
    const reply = await this.http.post('sign_in', `${v3}/auth/tokens`, signInBody(this.credentials));
    if (reply.status !== 201 || reply.subjectToken === undefined) {
      if (REFUSALS.has(reply.status))
        this.log.error(
          `Keystone refuses this service's own user (status ${reply.status}); check the OS_… settings`,
        );
      throw new KeystoneError(`Keystone answers ${reply.status} to signing in`);
    }
    const { expiresAt } = readToken(reply.body);
    const endpoint = identityEndpoint(reply.body, this.credentials);
    const validateAt = endpoint === undefined ? v3 : await this.discover(endpoint);
    this.current = { token: reply.subjectToken, expiresAt, validateUrl: `${validateAt}/auth/tokens` };
    return this.current;
  }

  /** The address of Keystone's v3 API, by what the given address says of itself. */
  private async discover(url: string): Promise<string> {
    const base = trimEnd(url, '/');
    const { status, body } = await this.http.get('discovery', base.endsWith('/v3') ? base : `${base}/`, {});
    if (status !== 200 && status !== 300) throw new KeystoneError(`Keystone answers ${status} to discovery`);
    if (!versionIds(body).some((id) => id.startsWith('v3')))
      throw new KeystoneError(`there is no Keystone v3 at ${base}`);
    // Behind a proxy Keystone's own links may name an address that does not work from here.
    return base.endsWith('/v3') ? base : `${base}/v3`;
  }
}

/** The ids of the versions that a discovery document names, whether it is of one version or of all. */
function versionIds(body: unknown): string[] {
  const { version, versions } = Object(body) as { version?: unknown; versions?: { values?: unknown } };
  const values = version === undefined ? versions?.values : [version];
  return (Array.isArray(values) ? values : []).flatMap((value: unknown) => {
    const { id } = Object(value) as { id?: unknown };
    return typeof id === 'string' ? [id] : [];
  });
}

interface Endpoint {
  readonly interface?: unknown;
  readonly region_id?: unknown;
  readonly url?: unknown;
}

/** Where the service's own catalogue says that Keystone is, for the interface and the region of the settings. */
function identityEndpoint(
  body: unknown,
  { interface: wanted, region }: ServiceCredentials,
): string | undefined {
  const { token } = Object(body) as { token?: { catalog?: { type?: unknown; endpoints?: Endpoint[] }[] } };
  const endpoints = token?.catalog?.find(({ type }) => type === 'identity')?.endpoints ?? [];
  const fitting = endpoints.find(
    (endpoint) => endpoint.interface === wanted && (region === undefined || endpoint.region_id === region),
  );
  return typeof fitting?.url === 'string' ? fitting.url : undefined;
}
