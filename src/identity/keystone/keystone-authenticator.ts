import { Logger } from '@nestjs/common';
import { isMistake } from '../../common/is-mistake.js';
import { seldom } from '../../common/seldom.js';
import { within } from '../../common/within.js';
import { Authenticator, IdentityUnavailable, type Presented } from '../authenticator.js';
import type { RequestContext, ServiceContext } from '../request-context.js';
import { permission, readRules } from './access-rules.js';
import type { KeystoneClient } from './keystone-client.js';
import { type Peers, TokenCache } from './token-cache.js';
import type { KnownToken } from './token-memory.js';

/** The log has one line about costly access rules in so many milliseconds at most. */
const LOG_EVERY = 60_000;

/** How this service judges tokens. */
export interface TokenRules {
  /** The type of this service in Keystone's catalogue. */
  readonly serviceType: string;
  /** Roles of which a service that passes requests on must have one. */
  readonly serviceRoles: readonly string[];
  /** How long a caller waits for all that Keystone is asked, in milliseconds. */
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
  }, LOG_EVERY);
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
    presented: Presented,
  ): Promise<RequestContext | undefined> | RequestContext | undefined {
    const { token, serviceToken } = presented;
    // Most callers come again and again: for them there is nothing to wait for.
    const known =
      token === undefined || serviceToken !== undefined ? undefined : this.cache.recall(token.trim());
    if (known === undefined) return this.judgeInTime(presented);
    return hasEnded(known) || !this.mayMake(known, presented) ? undefined : known.context;
  }

  private async judgeInTime(presented: Presented): Promise<RequestContext | undefined> {
    try {
      return await within(this.rules.timeLimit, this.judge(presented));
    } catch (error) {
      if (isMistake(error)) throw error;
      throw new IdentityUnavailable(error);
    }
  }

  override isRemembered({ token, serviceToken }: Presented): boolean {
    return [token, serviceToken].every((raw) => raw === undefined || this.cache.has(raw.trim()));
  }

  override isReachable(): Promise<boolean> {
    return this.keystone.isReachable();
  }

  override close(): Promise<void> {
    return this.keystone.close();
  }

  private async judge(presented: Presented): Promise<RequestContext | undefined> {
    const since = performance.now();
    if (presented.serviceToken === undefined) return (await this.userToken(presented, false, since))?.context;
    const service = await this.validToken(presented.serviceToken, false, since);
    // A service vouches for a caller whose token has just ended; whoever is no such service is refused.
    if (service === undefined || !this.isService(service)) return undefined;
    const user = await this.userToken(presented, true, since);
    return user && this.joined(user.context, service.context);
  }

  private async userToken(
    presented: Presented,
    allowExpired: boolean,
    since: number,
  ): Promise<KnownToken | undefined> {
    if (presented.token === undefined) return undefined;
    const token = await this.validToken(presented.token, allowExpired, since);
    return token !== undefined && this.mayMake(token, presented) ? token : undefined;
  }

  private async validToken(
    raw: string,
    allowExpired: boolean,
    since: number,
  ): Promise<KnownToken | undefined> {
    const token = raw.trim();
    // Keystone's tokens are printable ASCII; anything else cannot even be sent in a header.
    if (!/^[\x21-\x7e]{1,8192}$/.test(token)) return undefined;
    const remembered = this.cache.recall(token);
    if (remembered !== undefined && !hasEnded(remembered)) return remembered;
    const known = await this.cache.get(token, allowExpired, since, (sent) =>
      this.askKeystone(token, allowExpired, sent),
    );
    return known === undefined || (hasEnded(known) && !allowExpired) ? undefined : known;
  }

  private async askKeystone(
    token: string,
    allowExpired: boolean,
    sent: () => void,
  ): Promise<KnownToken | undefined> {
    const valid = await this.keystone.validate(token, allowExpired, sent);
    if (valid === undefined) return undefined;
    const { context, expiresAt } = valid;
    return { context, expiresAt, rules: readRules(valid, this.rules.serviceType) };
  }

  private mayMake({ rules, context }: KnownToken, presented: Presented): boolean {
    const granted = permission(rules, presented);
    if (granted === 'too costly') this.reportTooCostly(context.userId);
    return granted === 'granted';
  }

  private isService({ context }: KnownToken): boolean {
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

/** Remembered or not, a token that has ended is none. */
function hasEnded(token: KnownToken): boolean {
  return token.expiresAt <= Date.now();
}
