import { Logger } from '@nestjs/common';
import { isProgrammingError } from '../../common/is-programming-error.js';
import { throttle } from '../../common/throttle.js';
import { withTimeout } from '../../common/with-timeout.js';
import { Authenticator, type AuthRequest, IdentityUnavailable, type Token } from '../authenticator.js';
import type { RequestContext, ServiceContext } from '../request-context.js';
import { permission, readRules } from './access-rules.js';
import type { KeystoneClient } from './keystone-client.js';
import { type Peers, TokenCache } from './token-cache.js';
import type { CachedToken } from './verdict-store.js';

/** The minimum time between two log lines about access rules that need too many steps, in milliseconds. */
const LOG_INTERVAL = 60_000;

/** The settings for the validation of tokens. */
export interface TokenRules {
  /** The type that this service has in Keystone's catalogue. */
  readonly serviceType: string;
  /**
   * The roles that permit another service to forward requests with `X-Service-Token`. That service needs one of these
   * roles.
   */
  readonly serviceRoles: readonly string[];
  /** Milliseconds that a caller waits for Keystone in total, even if several requests are necessary. */
  readonly timeLimit: number;
  /** Seconds for which a valid token is cached. */
  readonly cacheSeconds: number;
}

/** Authenticates callers with Keystone v3, in the same way as keystonemiddleware, which Nova uses. */
export class KeystoneAuthenticator extends Authenticator {
  readonly authUrl: string;
  private readonly cache: TokenCache;
  private readonly log = new Logger('Keystone');
  private readonly reportTooCostly = throttle((times, userId: string) => {
    this.log.warn(
      `a token of user ${userId} has access rules that take too long to compare with the path of the request; ` +
        `requests rejected with 401 for this reason: ${times}`,
    );
  }, LOG_INTERVAL);
  private readonly withService = new WeakMap<RequestContext, WeakMap<ServiceContext, RequestContext>>();

  constructor(
    private readonly keystone: KeystoneClient,
    private readonly rules: TokenRules,
    peers?: Peers,
  ) {
    super();
    this.authUrl = keystone.publicUrl;
    this.cache = new TokenCache(rules, peers);
  }

  override authenticate(
    request: AuthRequest,
  ): Promise<RequestContext | undefined> | RequestContext | undefined {
    const { token, serviceToken } = request;
    // Most requests have a cached token and no service token. To save time, the function creates no promise for them.
    const cached =
      token === undefined || serviceToken !== undefined ? undefined : this.cache.getCached(token);
    if (cached === undefined) return this.resolveWithin(this.rules.timeLimit, request);
    return hasExpired(cached) || !this.permits(cached, request) ? undefined : cached.context;
  }

  private async resolveWithin(timeLimit: number, request: AuthRequest): Promise<RequestContext | undefined> {
    try {
      return await withTimeout(timeLimit, this.resolve(request));
    } catch (error) {
      if (isProgrammingError(error)) throw error;
      throw new IdentityUnavailable(error);
    }
  }

  override isCached({ token, serviceToken }: AuthRequest): boolean {
    return [token, serviceToken].every((each) => each === undefined || this.cache.has(each));
  }

  override isReachable(): Promise<boolean> {
    return this.keystone.isReachable();
  }

  override close(): Promise<void> {
    return this.keystone.close();
  }

  private async resolve(request: AuthRequest): Promise<RequestContext | undefined> {
    const since = performance.now();
    if (request.serviceToken === undefined) return (await this.userToken(request, false, since))?.context;
    const service = await this.validToken(request.serviceToken, false, since);
    // A service may forward a request whose user token has expired recently. A service token without one of
    // `serviceRoles` is invalid.
    if (service === undefined || !this.isService(service)) return undefined;
    const user = await this.userToken(request, true, since);
    return user && this.addService(user.context, service.context);
  }

  private async userToken(
    request: AuthRequest,
    allowExpired: boolean,
    since: number,
  ): Promise<CachedToken | undefined> {
    if (request.token === undefined) return undefined;
    const token = await this.validToken(request.token, allowExpired, since);
    return token !== undefined && this.permits(token, request) ? token : undefined;
  }

  private async validToken(
    token: Token,
    allowExpired: boolean,
    since: number,
  ): Promise<CachedToken | undefined> {
    // Keystone's tokens are printable ASCII. A token with other characters is invalid, and a header could not contain
    // it.
    if (!/^[\x21-\x7e]{1,8192}$/.test(token.text)) return undefined;
    const cached = this.cache.getCached(token);
    if (cached !== undefined && !hasExpired(cached)) return cached;
    const validated = await this.cache.get(token, allowExpired, since, (sent) =>
      this.validate(token.text, allowExpired, sent),
    );
    return validated === undefined || (hasExpired(validated) && !allowExpired) ? undefined : validated;
  }

  private async validate(
    token: string,
    allowExpired: boolean,
    sent: () => void,
  ): Promise<CachedToken | undefined> {
    const valid = await this.keystone.validate(token, allowExpired, sent);
    if (valid === undefined) return undefined;
    const { context, expiresAt } = valid;
    return { context, expiresAt, rules: readRules(valid, this.rules.serviceType) };
  }

  private permits({ rules, context }: CachedToken, request: AuthRequest): boolean {
    const granted = permission(rules, request);
    if (granted === 'too costly') this.reportTooCostly(context.userId);
    return granted === 'granted';
  }

  private isService({ context }: CachedToken): boolean {
    return this.rules.serviceRoles.some((role) => context.roles.includes(role));
  }

  /**
   * Adds the forwarding service to the caller. Returns the same object for the same two tokens, so that other code can
   * cache results by this object.
   */
  private addService(user: RequestContext, service: ServiceContext): RequestContext {
    const contexts = this.withService.get(user) ?? new WeakMap<ServiceContext, RequestContext>();
    this.withService.set(user, contexts);
    const context = contexts.get(service) ?? { ...user, service };
    contexts.set(service, context);
    return context;
  }
}

/** Returns true if a token has expired, which may also be true for a cached token. */
function hasExpired(token: CachedToken): boolean {
  return token.expiresAt <= Date.now();
}
