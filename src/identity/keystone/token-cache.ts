import { LRUCache } from 'lru-cache';
import { hash } from 'node:crypto';
import type { ValidToken } from './token.js';

/** How long a token that Keystone does not know is remembered as such, in milliseconds. */
const UNKNOWN_TIME = 5_000;

/** How many tokens are remembered; the least recently used ones make room. */
const CAPACITY = 10_000;

/** How many unknown ones, apart from the others: anybody can invent tokens, and must not push callers out. */
const UNKNOWN_CAPACITY = 1_000;

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

  async get(token: string, ask: () => Promise<ValidToken | undefined>): Promise<ValidToken | undefined> {
    const key = hash('sha256', token, 'base64');
    const known = this.valid.get(key);
    if (known !== undefined) return known;
    if (this.unknown.has(key)) return undefined;
    const asked = this.asking.get(key);
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
