import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Token } from '../authenticator.js';
import { requestContext } from '../request-context.js';
import { TokenCache } from './token-cache.js';
import { type CachedToken, sizeOf, VerdictStore, type Verdict } from './verdict-store.js';

const HOUR = 3_600_000;

function tokenWith(rules: readonly string[]): CachedToken {
  const context = requestContext({ userId: 'u', roles: ['member'] });
  const patterns = rules.length === 0 ? undefined : { inCatalogue: true, patterns: rules };
  return { context, expiresAt: Date.now() + HOUR, rules: patterns };
}

describe('the store of verdicts about tokens', () => {
  it('the store of verdicts about tokens limits the memory for tokens with many access rules; large tokens do not displace other tokens', () => {
    const store = new VerdictStore();
    const until = Date.now() + HOUR;
    for (let index = 0; index < 9_000; index += 1) {
      store.store(`small-${index}`, { token: tokenWith([]), until });
    }
    const large = tokenWith(Array.from({ length: 650 }, (_, index) => `GET /${index}/`.padEnd(128, 'x')));
    const names = Array.from({ length: 10_000 }, (_, index) => `large-${index}`);
    for (const name of names) store.store(name, { token: large, until });
    const stored = names.filter((name) => store.get(name) !== undefined);
    expect(stored.length).toBeGreaterThan(100);
    expect(stored.length * sizeOf(large)).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(store.get('small-0')).toBeDefined();
  });
});

it('during a flood of unknown tokens, the cache keeps a valid token and the most recent unknown tokens', async () => {
  const cache = new TokenCache({ cacheSeconds: 300, timeLimit: 10_000 });
  const validate = (name: string, token?: CachedToken): Promise<unknown> =>
    cache.get(new Token(name), false, performance.now(), () => Promise.resolve(token));
  await validate('alice', tokenWith([]));
  for (let index = 0; index < 11_000; index += 1) await validate(`invented-${index}`);
  expect(cache.getCached(new Token('alice'))).toBeDefined();
  expect([cache.has(new Token('invented-10999')), cache.has(new Token('invented-0'))]).toEqual([true, false]);
});

describe('the cache time of a token', () => {
  /** Milliseconds after which the simulated Keystone responds. */
  const KEYSTONE_DELAY = 300;

  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** Returns the time until which the verdict on a token is cached, in milliseconds since 1970. */
  async function cachedUntil(cacheSeconds: number, timeLimit: number, token: CachedToken): Promise<number> {
    const verdicts: Verdict[] = [];
    const peers = {
      onVerdict: () => undefined,
      verdictFor: async (_key: string, validate: () => Promise<Verdict>) => {
        const verdict = await validate();
        verdicts.push(verdict);
        return verdict;
      },
    };
    const cache = new TokenCache({ cacheSeconds, timeLimit }, peers);
    const result = cache.get(new Token('token'), false, performance.now(), async () => {
      await new Promise((resolve) => setTimeout(resolve, KEYSTONE_DELAY));
      return token;
    });
    await jest.advanceTimersByTimeAsync(KEYSTONE_DELAY);
    expect(await result).toBe(token);
    return verdicts[0]?.until ?? 0;
  }

  it('the cache time of a token starts when the service sends the request to Keystone, because Keystone may validate the token at once', async () => {
    const sent = Date.now();
    expect(await cachedUntil(60, 10_000, tokenWith([]))).toBe(sent + 60_000);
  });

  it('the cache time of a token ends no later than the token expires', async () => {
    const token = { ...tokenWith([]), expiresAt: Date.now() + 5_000 };
    expect(await cachedUntil(60, 10, token)).toBe(token.expiresAt);
  });

  it('with TOKEN_CACHE_TIME=0, a token is cached for 10 s if Keystone responds too late for the caller, otherwise not at all', async () => {
    expect((await cachedUntil(0, 10, tokenWith([]))) - Date.now()).toBe(10_000);
    expect(await cachedUntil(0, 10_000, tokenWith([]))).toBeLessThanOrEqual(Date.now());
  });
});
