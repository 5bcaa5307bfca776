import { LRUCache } from 'lru-cache';
import type { RequestContext } from '../request-context.js';
import type { RuleSet } from './access-rules.js';

/** The parts of a valid token that decide about requests. Plain data, which processes send to each other. */
export interface CachedToken {
  readonly context: RequestContext;
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAt: number;
  /** Undefined for a token that permits any request. */
  readonly rules?: RuleSet | undefined;
}

/** What Keystone said of a token. */
export interface Verdict {
  /** Undefined for one that Keystone does not know. */
  readonly token?: CachedToken | undefined;
  /** Until when it is remembered, in milliseconds since 1970. */
  readonly until: number;
}

/** How many tokens are remembered; the least recently used ones make room. */
const CAPACITY = 10_000;

/** How many unknown ones, apart from the others: anybody can invent tokens, and must not push callers out. */
const UNKNOWN_CAPACITY = 1_000;

/** From this size on a token is large, in bytes. Nearly all have less than 1,000. */
const LARGE = 4_096;

/** How many bytes all large tokens may have together. They push each other out, and no others. */
const LARGE_CAPACITY = 16 * 1024 * 1024;

/** What a string or an object costs beside its characters, in bytes. */
const OVERHEAD = 64;

/** Verdicts of Keystone by the digest of their token, each for its time, in bounded memory. */
export class VerdictStore {
  private readonly valid = new LRUCache<string, CachedToken>({ max: CAPACITY });
  private readonly large = new LRUCache<string, CachedToken>({
    maxSize: LARGE_CAPACITY,
    sizeCalculation: sizeOf,
  });
  private readonly unknown = new LRUCache<string, true>({ max: UNKNOWN_CAPACITY });

  get(key: string): CachedToken | undefined {
    return this.valid.get(key) ?? this.large.get(key);
  }

  isUnknown(key: string): boolean {
    return this.unknown.has(key);
  }

  remember(key: string, { token, until }: Verdict): void {
    const ttl = Math.floor(until - Date.now());
    if (ttl <= 0) return;
    if (token === undefined) this.unknown.set(key, true, { ttl });
    else (sizeOf(token) < LARGE ? this.valid : this.large).set(key, token, { ttl });
  }
}

/** What a token takes in memory, in bytes, roughly. */
export function sizeOf({ context, rules }: CachedToken): number {
  const texts = [...context.roles, ...(rules?.patterns ?? [])];
  return texts.reduce((size, text) => size + text.length + OVERHEAD, OVERHEAD * 10);
}
