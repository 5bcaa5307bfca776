import { Logger } from '@nestjs/common';
import { errorText } from '../../common/error-text.js';
import { trimEnd } from '../../common/trim-end.js';
import { type ServiceCredentials, signInBody } from './credentials.js';
import { endsInV3, findV3, withoutVersion } from './discovery.js';
import { KeystoneError } from './keystone-error.js';
import type { KeystoneHttp, KeystoneReply } from './keystone-http.js';
import { readToken, type ValidToken } from './token.js';

/**
 * Milliseconds for which the service's own token must still be valid. Otherwise the service gets a new token before it
 * validates the token of a caller.
 */
const RENEW_BEFORE = 60_000;

/**
 * The service renews its own token in the background after this fraction of the token's lifetime, so that no caller
 * waits.
 */
const RENEW_AFTER = 0.9;

/** The time limit of each request to Keystone for a readiness check, in milliseconds. */
const PROBE_TIMEOUT = 2_000;

/**
 * The statuses with which Keystone rejects the credentials of the service. The operator must then correct a setting.
 */
const REJECTIONS = new Set([400, 401, 403, 404]);

/** The service's own token, and the address at which the service validates the tokens of callers. */
interface Session {
  readonly token: string;
  readonly expiresAt: number;
  /** The time from which the service renews the token in the background, in milliseconds since 1970. */
  readonly renewFrom: number;
  readonly validateUrl: string;
}

/** Validates callers' tokens at Keystone. The client signs in as the service's own user for this purpose. */
export class KeystoneClient {
  private readonly log = new Logger('Keystone');
  /**
   * The result of the last sign-in; undefined before the first one, and after Keystone has rejected the service's own
   * token.
   */
  private session: Session | undefined;
  private signingIn: Promise<Session> | undefined;
  private probing: Promise<boolean> | undefined;
  /** The address of Keystone for callers: WWW_AUTHENTICATE_URI, or OS_AUTH_URL without the version at its end. */
  readonly publicUrl: string;

  constructor(
    private readonly http: KeystoneHttp,
    private readonly credentials: ServiceCredentials,
    wwwAuthenticateUri?: string,
  ) {
    this.publicUrl = wwwAuthenticateUri ?? `${withoutVersion(credentials.authUrl)}/`;
  }

  /**
   * Validates a token.
   *
   * @param allowExpired true to accept a recently expired token (Keystone's `[token] allow_expired_window` limits this)
   * @param sent a function that is called when the request for the validation is sent, after the sign-in if one is
   *   needed
   * @returns undefined for a token that Keystone does not know, or that has expired
   * @throws Error if Keystone sends no usable response
   */
  async validate(
    token: string,
    allowExpired: boolean,
    sent: () => void = () => undefined,
  ): Promise<ValidToken | undefined> {
    const session = await this.signedIn();
    sent();
    let reply = await this.requestValidation(token, allowExpired, session);
    if (reply.status === 401) {
      // Keystone rejects the service's own token, for example because it was revoked. The service signs in, and tries
      // once more with the new token.
      this.forget(session);
      const next = await this.signedIn();
      sent();
      reply = await this.requestValidation(token, allowExpired, next);
    }
    if (reply.status === 404) return undefined;
    if (reply.status !== 200)
      throw new KeystoneError(`Keystone returned ${reply.status} when the service validated a token`);
    return readToken(reply.body);
  }

  /**
   * Returns true if Keystone responds to a request for its versions, which needs no token. Concurrent calls share one
   * request.
   */
  isReachable(): Promise<boolean> {
    this.probing ??= findV3(this.http, this.credentials.authUrl, PROBE_TIMEOUT)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.probing = undefined;
      });
    return this.probing;
  }

  /**
   * Drops a session whose token Keystone has rejected. Does nothing if another session has replaced it: several
   * requests may report that the same token was rejected.
   */
  private forget(session: Session): void {
    if (this.session === session) this.session = undefined;
  }

  close(): Promise<void> {
    return this.http.close();
  }

  private requestValidation(token: string, allowExpired: boolean, session: Session): Promise<KeystoneReply> {
    return this.http.get('validation', `${session.validateUrl}${allowExpired ? '?allow_expired=1' : ''}`, {
      'X-Auth-Token': session.token,
      'X-Subject-Token': token,
      // Without this header, Keystone returns 404 for tokens with access rules.
      'OpenStack-Identity-Access-Rules': '1.0',
    });
  }

  /**
   * Returns the current session, or signs in if there is none. Renews the service's own token in the background when
   * most of its lifetime has passed.
   */
  private signedIn(): Promise<Session> | Session {
    const { session } = this;
    const now = Date.now();
    if (session === undefined || session.expiresAt - RENEW_BEFORE <= now) return this.renew();
    if (session.renewFrom <= now) this.renew().catch(() => undefined);
    return session;
  }

  /**
   * Signs in. Concurrent calls share one sign-in, which continues when its callers stop waiting. After a failure, the
   * next call signs in again.
   */
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
          `Keystone rejects the sign-in of this service's own user (status ${reply.status}); check the OS_… settings`,
        );
      throw new KeystoneError(`Keystone returned ${reply.status} when the service signed in`);
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

  /**
   * Finds the address of Keystone's v3 API from OS_AUTH_URL. If there is no version document, and OS_AUTH_URL ends in
   * `/v3`, returns OS_AUTH_URL.
   */
  private async signInAddress(): Promise<string> {
    const { authUrl } = this.credentials;
    try {
      return await findV3(this.http, authUrl);
    } catch (error) {
      if (error instanceof KeystoneError && endsInV3(authUrl)) return trimEnd(authUrl, '/');
      throw error;
    }
  }

  /**
   * Finds the address of Keystone's v3 API from Keystone's endpoint in the catalogue. If v3 is not found there, returns
   * the address at which the service has signed in.
   */
  private async validationAddress(endpoint: string, signedInAt: string): Promise<string> {
    try {
      return await findV3(this.http, endpoint);
    } catch (error) {
      this.log.warn(
        `the service cannot use the identity endpoint ${endpoint} of Keystone's catalogue (${errorText(error)}); ` +
          `it validates tokens at ${signedInAt}`,
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

/**
 * Returns Keystone's endpoint in the catalogue of the service's own token: the one that matches OS_INTERFACE and
 * OS_REGION_NAME.
 */
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
