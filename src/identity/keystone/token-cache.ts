import { topic } from '../../common/topic.js';
import type { Token } from '../authenticator.js';
import { type CachedToken, type Verdict, VerdictStore } from './verdict-store.js';

/** Milliseconds for which the service caches the verdict that Keystone does not know a token. */
const UNKNOWN_TOKEN_TTL = 5_000;

/**
 * The minimum time for which a verdict is cached if it arrived too late for its caller, in milliseconds. The caller has
 * received 503 with `Retry-After: 5`, and sends the request again. If the verdict were not cached until then, every new
 * request of the caller would also be too late.
 */
const LATE_VERDICT_TTL = 10_000;

/**
 * If a validation takes longer than this multiple of the caller's time limit, the service assumes that the request to
 * Keystone may be lost, for example on a broken connection. The validation continues, but the next caller starts
 * another one.
 */
const LOST_AFTER_LIMITS = 2;

/** The maximum number of validations in progress while Keystone is not slow. */
const MAX_PENDING = 1_000;

/**
 * The maximum number of validations in progress while Keystone is slow. Even if Keystone needs three seconds for each
 * response, it can finish this many validations within the time limit of a request.
 */
const MAX_PENDING_WHILE_SLOW = 128;

/**
 * The result of a lookup in the cache:
 *
 * - `hit`: the cache has the verdict that the token is valid.
 * - `unknown`: the cache has the verdict that Keystone does not know the token.
 * - `shared`: a validation of the token for another caller is in progress, and the service waits for its verdict.
 * - `miss`: the service sends a request to Keystone.
 * - `refused`: the service sends no request, because too many validations are in progress.
 */
export type TokenLookup = 'hit' | 'unknown' | 'shared' | 'miss' | 'refused';

export const tokenLookups = topic<TokenLookup>('token-lookup');

/** The connection to the other processes of this service, which may have a verdict on a token, or wait for one. */
export interface Peers {
  /** Registers a function that receives the verdicts that other processes get from Keystone. */
  onVerdict(listener: (key: string, verdict: Verdict) => void): void;

  /**
   * Returns the verdict on the token with this digest.
   *
   * @param validate a function that sends a request to Keystone; it is called if no other process sends one
   */
  verdictFor(key: string, validate: () => Promise<Verdict>): Promise<Verdict>;
}

/** A validation of a token that is in progress. */
interface PendingValidation {
  /** The time at which the validation began, from `performance.now()`. */
  readonly begun: number;
  /**
   * The time at which the request to Keystone was sent, from `performance.now()`. Infinity before that, for example
   * while the service signs in.
   */
  readonly sent: { at: number };
  readonly result: Promise<CachedToken | undefined>;
}

/**
 * Validates a token at Keystone.
 *
 * @param sent a function that is called when the request to Keystone is sent
 * @returns undefined for an invalid token
 */
export type ValidateToken = (sent: () => void) => Promise<CachedToken | undefined>;

export interface CacheTimes {
  /** Milliseconds that a caller waits for Keystone. */
  readonly timeLimit: number;
  /** Seconds for which a valid token is cached; 0 turns caching off. */
  readonly cacheSeconds: number;
}

/**
 * Caches Keystone's verdicts on tokens for a limited time, which never exceeds the expiry of the token. The cache
 * stores digests of tokens, and no tokens. Callers with the same token share one validation. A validation continues
 * after its callers have stopped waiting, so that their next requests find the verdict in the cache. The cache does not
 * store failures.
 */
export class TokenCache {
  private readonly verdicts = new VerdictStore();
  /** The validations in progress by the cache key of the token, the oldest first. */
  private readonly pending = new Map<string, PendingValidation>();
  /**
   * The number of validations in progress. `pending` may have fewer entries, because a new validation of a token
   * replaces one that may be lost.
   */
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

  /** Returns the token if the cache has the verdict that it is valid, otherwise undefined. */
  getCached(token: Token): CachedToken | undefined {
    return this.hit(token.digest);
  }

  /**
   * Returns a token if it is valid, according to the cache or to a new validation.
   *
   * @param allowExpired true to accept a recently expired token. The returned token may then have expired, even if it
   *   comes from the cache
   * @param since the time at which the caller began to wait, from `performance.now()`
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
    // The old entry must be deleted first: `set` alone would put the new validation at the position of the old one, but
    // the map must be in the order in which the validations started.
    this.pending.delete(key);
    this.pending.set(key, validation);
    return result;
  }

  private hit(key: string): CachedToken | undefined {
    const cached = this.verdicts.get(key);
    if (cached !== undefined) tokenLookups.publish('hit');
    return cached;
  }

  /**
   * Returns the limit for validations in progress. Keystone counts as slow while the oldest validation has taken longer
   * than a caller waits.
   */
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
   * @param elapsed milliseconds for which the caller has waited. They are subtracted from TOKEN_CACHE_TIME, because
   *   Keystone may have validated the token when the wait began
   */
  private ttlFor(token: CachedToken | undefined, elapsed: number): number {
    const lateTtl = elapsed > this.times.timeLimit ? LATE_VERDICT_TTL : 0;
    if (token === undefined) return Math.max(UNKNOWN_TOKEN_TTL, lateTtl);
    const left = token.expiresAt - Date.now();
    // The token has expired, but Keystone accepted it for a service. The verdict is cached only if it arrived too late
    // for the caller.
    if (left <= 0) return lateTtl;
    return Math.min(left, Math.max(this.times.cacheSeconds * 1_000 - elapsed, lateTtl));
  }
}

/** Returns the cache key of a token for requests that may use a recently expired token. */
function expiredKey(digest: string): string {
  return `${digest} expired`;
}
