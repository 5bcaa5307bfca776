import { LRUCache } from 'lru-cache';
import type { RequestContext } from '../request-context.js';
import type { RuleSet } from './access-rules.js';

/**
 * The parts of a valid token that the service caches. The object is plain data, so that the processes of the service
 * can send it to each other.
 */
export interface CachedToken {
  readonly context: RequestContext;
  /** The time at which the token expires, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** The access rules of the token; undefined if the token permits any request. */
  readonly rules?: RuleSet | undefined;
}

/** The result of a validation by Keystone: the token if it is valid, and the time until which the result is cached. */
export interface Verdict {
  /** The token; undefined if Keystone does not know the token. */
  readonly token?: CachedToken | undefined;
  /** The time until which the verdict is cached, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * The maximum number of valid tokens in the store. If there are more, the store drops the token that was not used for
 * the longest time.
 */
const MAX_TOKENS = 10_000;

/**
 * The maximum number of verdicts on tokens that Keystone does not know. They are stored separately from valid tokens:
 * anybody can invent tokens, and invented tokens must not displace valid ones.
 */
const MAX_UNKNOWN_TOKENS = 1_000;

/** The minimum size of a large token, in bytes. Nearly all tokens are smaller than 1,000 bytes. */
const LARGE_SIZE = 4_096;

/** The maximum size of all large tokens together, in bytes. Large tokens displace only each other. */
const MAX_LARGE_SIZE = 16 * 1024 * 1024;

/** The memory that a string or an object needs in addition to its characters or members, in bytes. */
const OVERHEAD = 64;

/**
 * Keystone's verdicts, each stored for a limited time by the digest of its token. The store limits the memory that the
 * verdicts need.
 */
export class VerdictStore {
  private readonly valid = new LRUCache<string, CachedToken>({ max: MAX_TOKENS });
  private readonly large = new LRUCache<string, CachedToken>({
    maxSize: MAX_LARGE_SIZE,
    sizeCalculation: sizeOf,
  });
  private readonly unknown = new LRUCache<string, true>({ max: MAX_UNKNOWN_TOKENS });

  get(key: string): CachedToken | undefined {
    return this.valid.get(key) ?? this.large.get(key);
  }

  isUnknown(key: string): boolean {
    return this.unknown.has(key);
  }

  store(key: string, { token, until }: Verdict): void {
    const ttl = Math.floor(until - Date.now());
    if (ttl <= 0) return;
    if (token === undefined) this.unknown.set(key, true, { ttl });
    else (sizeOf(token) < LARGE_SIZE ? this.valid : this.large).set(key, token, { ttl });
  }
}

/** Returns the approximate memory that a token needs, in bytes. */
export function sizeOf({ context, rules }: CachedToken): number {
  const texts = [...context.roles, ...(rules?.patterns ?? [])];
  return texts.reduce((size, text) => size + text.length + OVERHEAD, OVERHEAD * 10);
}
