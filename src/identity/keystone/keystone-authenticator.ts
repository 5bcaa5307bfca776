import { Logger } from '@nestjs/common';
import { isMistake } from '../../common/is-mistake.js';
import { seldom } from '../../common/seldom.js';
import { within } from '../../common/within.js';
import { Authenticator, type AuthRequest, IdentityUnavailable, type Token } from '../authenticator.js';
import type { RequestContext, ServiceContext } from '../request-context.js';
import { permission, readRules } from './access-rules.js';
import type { KeystoneClient } from './keystone-client.js';
import { type Peers, TokenCache } from './token-cache.js';
import type { CachedToken } from './verdict-store.js';

/** The log has one line about costly access rules in so many milliseconds at most. */
const LOG_INTERVAL = 60_000;

/** How this service validates tokens. */
export interface TokenRules {
  /** The type of this service in Keystone's catalogue. */
  readonly serviceType: string;
  /** Roles of which a service that passes requests on must have one. */
  readonly serviceRoles: readonly string[];
  /** How long a caller waits for all requests to Keystone together, in milliseconds. */
  readonly timeLimit: number;
  /** How long a token is remembered, in seconds. */
  readonly cacheSeconds: number;
}

/** Identity by Keystone v3, with the semantics of OpenStack's usual middleware for that. */
export class KeystoneAuthenticator extends Authenticator {
  readonly authUrl: string;
  private readonly cache: TokenCache;
  private readonly log = new Logger('Keystone');
  private readonly reportTooCostly = seldom((times, userId: string) => {
    this.log.warn(
      `a request of user ${userId} is refused: its access rules take too long to be compared with its path; ` +
        `requests refused: ${times}`,
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
    // Most requests have a cached token and no service token: they are answered without a promise.
    const known = token === undefined || serviceToken !== undefined ? undefined : this.cache.getCached(token);
    if (known === undefined) return this.resolveWithin(this.rules.timeLimit, request);
    return hasExpired(known) || !this.permits(known, request) ? undefined : known.context;
  }

  private async resolveWithin(timeLimit: number, request: AuthRequest): Promise<RequestContext | undefined> {
    try {
      return await within(timeLimit, this.resolve(request));
    } catch (error) {
      if (isMistake(error)) throw error;
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
    // A service vouches for a caller whose token has just ended. Other callers may not send a service token.
    if (service === undefined || !this.isService(service)) return undefined;
    const user = await this.userToken(request, true, since);
    return user && this.joined(user.context, service.context);
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
    // Keystone's tokens are printable ASCII. HTTP headers cannot carry other characters.
    if (!/^[\x21-\x7e]{1,8192}$/.test(token.text)) return undefined;
    const cached = this.cache.getCached(token);
    if (cached !== undefined && !hasExpired(cached)) return cached;
    const known = await this.cache.get(token, allowExpired, since, (sent) =>
      this.askKeystone(token.text, allowExpired, sent),
    );
    return known === undefined || (hasExpired(known) && !allowExpired) ? undefined : known;
  }

  private async askKeystone(
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

  /** One object for the same two tokens, so that what is derived from it is derived once. */
  private joined(user: RequestContext, service: ServiceContext): RequestContext {
    const joinedTo = this.withService.get(user) ?? new WeakMap<ServiceContext, RequestContext>();
    this.withService.set(user, joinedTo);
    const joined = joinedTo.get(service) ?? { ...user, service };
    joinedTo.set(service, joined);
    return joined;
  }
}

/** An ended token is invalid, also if it is cached. */
function hasExpired(token: CachedToken): boolean {
  return token.expiresAt <= Date.now();
}
