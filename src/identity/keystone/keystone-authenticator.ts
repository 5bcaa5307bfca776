import { within } from '../../common/within.js';
import { Authenticator, IdentityUnavailable, type Presented } from '../authenticator.js';
import type { RequestContext, ServiceContext } from '../request-context.js';
import { mayMake } from './access-rules.js';
import type { KeystoneClient } from './keystone-client.js';
import type { ValidToken } from './token.js';
import { TokenCache } from './token-cache.js';

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
  private readonly withService = new WeakMap<RequestContext, WeakMap<ServiceContext, RequestContext>>();

  constructor(
    private readonly keystone: KeystoneClient,
    private readonly rules: TokenRules,
  ) {
    super();
    this.authUrl = keystone.publicUrl;
    this.cache = new TokenCache(rules.cacheSeconds);
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
    if (presented.serviceToken === undefined) return (await this.userToken(presented, false))?.context;
    const service = await this.validToken(presented.serviceToken);
    // A service vouches for a caller whose token has just ended; whoever is no such service is refused.
    if (service === undefined || !this.isService(service)) return undefined;
    const user = await this.userToken(presented, true);
    return user && this.joined(user.context, service.context);
  }

  private async userToken(presented: Presented, allowExpired: boolean): Promise<ValidToken | undefined> {
    const token =
      presented.token === undefined ? undefined : await this.validToken(presented.token, allowExpired);
    return token !== undefined && this.mayMake(token, presented) ? token : undefined;
  }

  private async validToken(raw: string, allowExpired = false): Promise<ValidToken | undefined> {
    const token = raw.trim();
    // Keystone's tokens are printable ASCII; anything else cannot even be sent in a header.
    if (!/^[\x21-\x7e]{1,8192}$/.test(token)) return undefined;
    const known = await this.cache.get(token, () => this.keystone.validate(token, false));
    if (known !== undefined && !hasEnded(known)) return known;
    return allowExpired ? this.keystone.validate(token, true) : undefined;
  }

  private mayMake(token: ValidToken, presented: Presented): boolean {
    return mayMake(token, presented, this.rules.serviceType);
  }

  private isService({ context }: ValidToken): boolean {
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
function hasEnded(token: ValidToken): boolean {
  return token.expiresAt <= Date.now();
}

/** Whether it is a mistake in this service. Node's own errors, such as that of an address that is none, have a code. */
function isMistake(error: unknown): boolean {
  return (error instanceof TypeError && !('code' in error)) || error instanceof ReferenceError;
}
