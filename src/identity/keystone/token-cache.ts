import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { ValidToken } from './token.js';

/** How long a token that Keystone does not know is remembered as such, in milliseconds. */
const UNKNOWN_TIME = 5_000;

/** How many tokens are remembered; the least recently used ones make room. */
const CAPACITY = 10_000;

/** What was learnt of a token; undefined: nobody knows it. */
interface Learnt {
  readonly token: ValidToken | undefined;
}

/**
 * Remembers what Keystone said of tokens, for a while and never past a token's own end. It holds digests and
 * no tokens. Callers that wait on the same token share one question; one that fails is not remembered.
 */
export class TokenCache {
  private readonly learnt = new LRUCache<string, Learnt>({ max: CAPACITY });
  private readonly asking = new Map<string, Promise<ValidToken | undefined>>();

  /** @param seconds how long a valid token is remembered; 0 for not at all */
  constructor(
    private readonly seconds: number,
    private readonly count: (hit: boolean) => void = () => undefined,
  ) {}

  async get(token: string, ask: () => Promise<ValidToken | undefined>): Promise<ValidToken | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.learnt.get(key);
    this.count(known !== undefined);
    if (known !== undefined) return known.token;
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
      const left = token === undefined ? UNKNOWN_TIME : token.expiresAt - Date.now();
      const ttl = Math.floor(Math.min(left, token === undefined ? UNKNOWN_TIME : this.seconds * 1000));
      if (ttl > 0) this.learnt.set(key, { token }, { ttl });
      return token;
    } finally {
      this.asking.delete(key);
    }
  }
}
