import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { trimEnd } from '../../common/trim-end.js';
import { type ServiceCredentials, signInBody } from './credentials.js';
import { endsInV3, findV3, withoutVersion } from './discovery.js';
import { KeystoneError } from './keystone-error.js';
import type { KeystoneHttp, KeystoneReply } from './keystone-http.js';
import { readToken, type ValidToken } from './token.js';

/** The service's own token is not used when less than this is left of it, in milliseconds. */
const RENEW_BEFORE = 60_000;

/** After this part of its life the next one is fetched, so that no caller waits for a slow Keystone. */
const RENEW_AFTER = 0.9;

/** How long each request takes that only looks for Keystone, in milliseconds. */
const PROBE_TIMEOUT = 2_000;

/** What says that it is for us to change something. */
const REJECTIONS = new Set([400, 401, 403, 404]);

/** Signed in: the service's own token, and where tokens are validated. */
interface Session {
  readonly token: string;
  readonly expiresAt: number;
  /** From when on the next one is fetched in the background. */
  readonly renewFrom: number;
  readonly validateUrl: string;
}

/** Asks Keystone about tokens, signed in as the service's own user. */
export class KeystoneClient {
  private readonly log = new Logger('Keystone');
  /** The one that was signed in last. */
  private session: Session | undefined;
  private signingIn: Promise<Session> | undefined;
  private looking: Promise<boolean> | undefined;
  /** The address for callers: as it is set, else the root, without a version. */
  readonly publicUrl: string;

  constructor(
    private readonly http: KeystoneHttp,
    private readonly credentials: ServiceCredentials,
    wwwAuthenticateUri?: string,
  ) {
    this.publicUrl = wwwAuthenticateUri ?? `${withoutVersion(credentials.authUrl)}/`;
  }

  /**
   * What Keystone says of a token.
   *
   * @param allowExpired whether one that ended a short while ago counts (Keystone knows how short)
   * @param sent is called when the request is made, after a sign-in where that is needed
   * @returns undefined for a token that Keystone does not know, or that has ended
   * @throws Error when Keystone does not say
   */
  async validate(
    token: string,
    allowExpired: boolean,
    sent: () => void = () => undefined,
  ): Promise<ValidToken | undefined> {
    const session = await this.signedIn();
    sent();
    let reply = await this.askAbout(token, allowExpired, session);
    if (reply.status === 401) {
      // The service's own token is no longer good, whatever its end was said to be: once more with a new one.
      this.forget(session);
      const next = await this.signedIn();
      sent();
      reply = await this.askAbout(token, allowExpired, next);
    }
    if (reply.status === 404) return undefined;
    if (reply.status !== 200)
      throw new KeystoneError(`Keystone answers ${reply.status} to validating a token`);
    return readToken(reply.body);
  }

  /** Whether Keystone answers, without a token. One question at a time, however many want to know. */
  isReachable(): Promise<boolean> {
    this.looking ??= findV3(this.http, this.credentials.authUrl, PROBE_TIMEOUT)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.looking = undefined;
      });
    return this.looking;
  }

  /** Many validations may find out at once; only the first one forgets the session. */
  private forget(session: Session): void {
    if (this.session === session) this.session = undefined;
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

  /** Towards its end a token still serves while the next one is fetched. */
  private signedIn(): Promise<Session> | Session {
    const { session } = this;
    const now = Date.now();
    if (session === undefined || session.expiresAt - RENEW_BEFORE <= now) return this.renew();
    if (session.renewFrom <= now) this.renew().catch(() => undefined);
    return session;
  }

  /** One sign-in at a time. It goes on without a caller that waits; after a failure the next caller tries again. */
  private renew(): Promise<Session> {
    this.signingIn ??= this.signIn().finally(() => {
      this.signingIn = undefined;
    });
    return this.signingIn;
  }

  private async signIn(): Promise<Session> {
    const v3 = await this.signInAddress();
    const reply = await this.http.post('sign_in', `${v3}/auth/tokens`, signInBody(this.credentials));
    if (reply.status !== 201 || reply.subjectToken === undefined) {
      if (REJECTIONS.has(reply.status))
        this.log.error(
          `Keystone refuses this service's own user (status ${reply.status}); check the OS_… settings`,
        );
      throw new KeystoneError(`Keystone answers ${reply.status} to signing in`);
    }
    const { expiresAt } = readToken(reply.body);
    const endpoint = identityEndpoint(reply.body, this.credentials);
    const validateAt = endpoint === undefined ? v3 : await this.validationAddress(endpoint, v3);
    const now = Date.now();
    this.session = {
      token: reply.subjectToken,
      expiresAt,
      renewFrom: now + (expiresAt - now) * RENEW_AFTER,
      validateUrl: `${validateAt}/auth/tokens`,
    };
    return this.session;
  }

  /** An address that names v3 is believed where no version document is served. */
  private async signInAddress(): Promise<string> {
    const { authUrl } = this.credentials;
    try {
      return await findV3(this.http, authUrl);
    } catch (error) {
      if (error instanceof KeystoneError && endsInV3(authUrl)) return trimEnd(authUrl, '/');
      throw error;
    }
  }

  /** Where the catalogue's endpoint leads to no v3, tokens are validated where the service has just signed in. */
  private async validationAddress(endpoint: string, signedInAt: string): Promise<string> {
    try {
      return await findV3(this.http, endpoint);
    } catch (error) {
      this.log.warn(
        `the catalogue's identity endpoint ${endpoint} cannot be used (${errorText(error)}); ` +
          `tokens are validated at ${signedInAt}`,
      );
      return signedInAt;
    }
  }
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
  const { token } = Object(body) as { token?: { catalog?: { type?: unknown; endpoints?: unknown }[] } };
  const endpoints = token?.catalog?.find(({ type }) => type === 'identity')?.endpoints;
  const fitting = (Array.isArray(endpoints) ? (endpoints as unknown[]) : [])
    .map((endpoint) => Object(endpoint) as Endpoint)
    .find(
      (endpoint) => endpoint.interface === wanted && (region === undefined || endpoint.region_id === region),
    );
  return typeof fitting?.url === 'string' ? fitting.url : undefined;
}
