import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import { topic } from '../../common/topic.js';
import type { ValidToken } from './token.js';

/** How long a token that Keystone does not know is remembered as such, in milliseconds. */
const UNKNOWN_TIME = 5_000;

/** How many tokens are remembered; the least recently used ones make room. */
const CAPACITY = 10_000;

/** How many unknown ones, apart from the others: anybody can invent tokens, and must not push callers out. */
const UNKNOWN_CAPACITY = 1_000;

/**
 * How a token was looked up: it was remembered as good or as unknown, somebody was already asking about it, or Keystone
 * had to be asked.
 */
export type TokenLookup = 'hit' | 'unknown' | 'shared' | 'miss';

export const tokenLookups = topic<TokenLookup>('token-lookup');

/**
 * Remembers what Keystone said of tokens, for a while and never past a token's own end. It holds digests and
 * no tokens. Callers that wait on the same token share one question; one that fails is not remembered.
 */
export class TokenCache {
  private readonly valid = new LRUCache<string, ValidToken>({ max: CAPACITY });
  private readonly unknown = new LRUCache<string, true>({ max: UNKNOWN_CAPACITY, ttl: UNKNOWN_TIME });
  private readonly asking = new Map<string, Promise<ValidToken | undefined>>();

  /** @param seconds how long a valid token is remembered; 0 for not at all */
  constructor(private readonly seconds: number) {}

  /** Whether nobody has to be asked about the token. */
  has(token: string): boolean {
    const key = keyOf(token);
    return this.valid.has(key) || this.unknown.has(key);
  }

  /** A token that is remembered as good. */
  recall(token: string): ValidToken | undefined {
    const known = this.valid.get(keyOf(token));
    if (known !== undefined) tokenLookups.publish('hit');
    return known;
  }

  async get(token: string, ask: () => Promise<ValidToken | undefined>): Promise<ValidToken | undefined> {
    const known = this.recall(token);
    if (known !== undefined) return known;
    const key = keyOf(token);
    if (this.unknown.has(key)) {
      tokenLookups.publish('unknown');
      return undefined;
    }
    const asked = this.asking.get(key);
    tokenLookups.publish(asked === undefined ? 'miss' : 'shared');
    if (asked !== undefined) return asked;
    const asking = this.learn(key, ask);
    this.asking.set(key, asking);
    return asking;
  }

  private async learn(
    key: string,
    ask: () => Promise<ValidToken | undefined>,
  ): Promise<ValidToken | undefined> {
    try {
      const token = await ask();
      if (token === undefined) {
        this.unknown.set(key, true);
      } else {
        const ttl = Math.floor(Math.min(token.expiresAt - Date.now(), this.seconds * 1000));
        if (ttl > 0) this.valid.set(key, token, { ttl });
      }
      return token;
    } finally {
      this.asking.delete(key);
    }
  }
}

function keyOf(token: string): string {
  return hash('sha256', token, 'base64');
}
