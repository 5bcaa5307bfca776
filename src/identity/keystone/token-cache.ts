import { topic } from '../../common/topic.js';
import type { Token } from '../authenticator.js';
import { type CachedToken, type Verdict, VerdictStore } from './verdict-store.js';

/** Milliseconds for which a token that Keystone does not know is cached as unknown. */
const UNKNOWN_TOKEN_TTL = 5_000;

/**
 * The minimum time for which a verdict is cached if it arrived too late for its caller, in milliseconds. The caller has
 * received 503 with `Retry-After: 5`. Its next request needs the verdict: without it, each request would be too late.
 */
const LATE_VERDICT_TTL = 10_000;

/**
 * A validation may be lost, for example on a broken connection, if it is older than this multiple of the caller's time
 * limit. It continues, but the next caller starts another one.
 */
const LOST_AFTER_LIMITS = 2;

/** The maximum number of validations in progress. */
const MAX_PENDING = 1_000;

/**
 * The maximum number of validations in progress while Keystone is slow. A Keystone that takes three seconds for a
 * response answers this many within their time limit.
 */
const MAX_PENDING_WHILE_SLOW = 128;

/**
 * The result of a lookup in the cache:
 *
 * - `hit`: the token is cached as valid.
 * - `unknown`: the token is cached as unknown.
 * - `shared`: another caller's validation of the token is in progress.
 * - `miss`: the service sends a request to Keystone.
 * - `refused`: the service sends no request, because too many validations are in progress.
 */
export type TokenLookup = 'hit' | 'unknown' | 'shared' | 'miss' | 'refused';

export const tokenLookups = topic<TokenLookup>('token-lookup');

/** The other processes of this service. They may have a verdict on a token, or be waiting for one. */
export interface Peers {
  /** Registers a function that receives the verdicts that other processes get from Keystone. */
  onVerdict(listener: (key: string, verdict: Verdict) => void): void;

  /**
   * Returns the verdict on the token with this digest.
   *
   * @param validate sends a request to Keystone; called if no other process does so
   */
  verdictFor(key: string, validate: () => Promise<Verdict>): Promise<Verdict>;
}

/** A validation in progress. */
interface PendingValidation {
  /** The start, as `performance.now()`. */
  readonly begun: number;
  /**
   * When its request was sent, as `performance.now()`. Infinity before that, for example while the service signs in.
   */
  readonly sent: { at: number };
  readonly result: Promise<CachedToken | undefined>;
}

/**
 * Validates a token at Keystone.
 *
 * @param sent is called when the request is sent
 * @returns undefined for an invalid token
 */
export type ValidateToken = (sent: () => void) => Promise<CachedToken | undefined>;

export interface CacheTimes {
  /** Milliseconds that a caller waits for Keystone. */
  readonly timeLimit: number;
  /** Seconds for which a valid token is cached; 0 for no caching. */
  readonly cacheSeconds: number;
}

/**
 * Caches Keystone's verdicts on tokens, for a limited time and never past the expiry of the token. It stores digests
 * and no tokens. Callers with the same token share one validation. A validation continues when its callers have stopped
 * waiting; the next request then uses the verdict. A failed validation is not cached.
 */
export class TokenCache {
  private readonly verdicts = new VerdictStore();
  /** By the key of the token, oldest first. */
  private readonly pending = new Map<string, PendingValidation>();
  /** The number of validations in progress, including validations that may be lost. */
  private pendingCount = 0;

  constructor(
    private readonly times: CacheTimes,
    private readonly peers?: Peers,
  ) {
    peers?.onVerdict((key, verdict) => {
      this.verdicts.store(key, verdict);
    });
  }

  /** Returns true if the cache has a verdict on the token, so that no request to Keystone is needed. */
  has({ digest }: Token): boolean {
    return (
      this.verdicts.get(digest) !== undefined ||
      this.verdicts.isUnknown(digest) ||
      this.verdicts.get(expiredKey(digest)) !== undefined
    );
  }

  /** @returns undefined unless the token is cached as valid */
  getCached(token: Token): CachedToken | undefined {
    return this.hit(token.digest);
  }

  /**
   * Returns the token if Keystone considers it valid, from the cache or by a validation.
   *
   * @param allowExpired true to accept a recently expired token; its verdict may be cached past the expiry
   * @param since when the caller began to wait, as `performance.now()`
   * @returns undefined for an invalid token
   * @throws Error if Keystone sends no usable response, or if too many validations are in progress
   */
  async get(
    { digest }: Token,
    allowExpired: boolean,
    since: number,
    validate: ValidateToken,
  ): Promise<CachedToken | undefined> {
    const key = allowExpired ? expiredKey(digest) : digest;
    const cached = this.hit(key);
    if (cached !== undefined) return cached;
    if (this.verdicts.isUnknown(key)) {
      tokenLookups.publish('unknown');
      return undefined;
    }
    const pending = this.pending.get(key);
    if (
      pending !== undefined &&
      performance.now() - pending.sent.at < this.times.timeLimit * LOST_AFTER_LIMITS
    ) {
      tokenLookups.publish('shared');
      return pending.result;
    }
    if (this.pendingCount >= this.maxPending()) {
      tokenLookups.publish('refused');
      throw new Error(`too many token validations are in progress (${this.pendingCount})`);
    }
    return this.begin(key, since, validate);
  }

  private begin(key: string, since: number, validate: ValidateToken): Promise<CachedToken | undefined> {
    const sent = { at: Infinity };
    const validateOnce = (): Promise<CachedToken | undefined> =>
      validate(() => {
        sent.at = performance.now();
      });
    const result = this.fetchVerdict(key, since, validateOnce).finally(() => {
      this.pendingCount -= 1;
      if (this.pending.get(key) === validation) this.pending.delete(key);
    });
    const validation: PendingValidation = { begun: performance.now(), sent, result };
    this.pendingCount += 1;
    // `set` alone would leave the new validation at the position of the lost one. The map must be in order of start.
    this.pending.delete(key);
    this.pending.set(key, validation);
    return result;
  }

  private hit(key: string): CachedToken | undefined {
    const cached = this.verdicts.get(key);
    if (cached !== undefined) tokenLookups.publish('hit');
    return cached;
  }

  /** Keystone counts as slow while the oldest validation has taken longer than a caller waits. */
  private maxPending(): number {
    const [oldest] = this.pending.values();
    const isSlow = oldest !== undefined && performance.now() - oldest.begun > this.times.timeLimit;
    return isSlow ? MAX_PENDING_WHILE_SLOW : MAX_PENDING;
  }

  private async fetchVerdict(
    key: string,
    since: number,
    validate: () => Promise<CachedToken | undefined>,
  ): Promise<CachedToken | undefined> {
    const validateHere = async (): Promise<Verdict> => {
      tokenLookups.publish('miss');
      const token = await validate();
      return { token, until: Date.now() + this.ttlFor(token, performance.now() - since) };
    };
    const verdict = await (this.peers?.verdictFor(key, validateHere) ?? validateHere());
    this.verdicts.store(key, verdict);
    return verdict.token;
  }

  /**
   * Returns the time for which a verdict is cached from now on, in milliseconds.
   *
   * @param elapsed milliseconds that the caller has waited; Keystone may have validated the token at their start
   */
  private ttlFor(token: CachedToken | undefined, elapsed: number): number {
    const lateTtl = elapsed > this.times.timeLimit ? LATE_VERDICT_TTL : 0;
    if (token === undefined) return Math.max(UNKNOWN_TOKEN_TTL, lateTtl);
    const left = token.expiresAt - Date.now();
    // An expired token that Keystone accepted is validated again for each request, unless the verdict came late.
    if (left <= 0) return lateTtl;
    return Math.min(left, Math.max(this.times.cacheSeconds * 1_000 - elapsed, lateTtl));
  }
}

/** Returns the cache key for lookups that also accept recently expired tokens. */
function expiredKey(digest: string): string {
  return `${digest} expired`;
}
