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

describe('the memory of tokens', () => {
  it('the memory of tokens is bounded in bytes however many access rules tokens have, and these push out no others', () => {
    const memory = new VerdictStore();
    const until = Date.now() + HOUR;
    for (let index = 0; index < 9_000; index += 1) {
      memory.remember(`small-${index}`, { token: tokenWith([]), until });
    }
    const large = tokenWith(Array.from({ length: 650 }, (_, index) => `GET /${index}/`.padEnd(128, 'x')));
    const names = Array.from({ length: 10_000 }, (_, index) => `large-${index}`);
    for (const name of names) memory.remember(name, { token: large, until });
    const remembered = names.filter((name) => memory.get(name) !== undefined);
    expect(remembered.length).toBeGreaterThan(100);
    expect(remembered.length * sizeOf(large)).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(memory.get('small-0')).toBeDefined();
  });
});

it('a token is remembered however many unknown tokens Keystone is asked about, of which the last ones are', async () => {
  const cache = new TokenCache({ cacheSeconds: 300, timeLimit: 10_000 });
  const learn = (name: string, token?: CachedToken): Promise<unknown> =>
    cache.get(new Token(name), false, performance.now(), () => Promise.resolve(token));
  await learn('alice', tokenWith([]));
  for (let index = 0; index < 11_000; index += 1) await learn(`invented-${index}`);
  expect(cache.getCached(new Token('alice'))).toBeDefined();
  expect([cache.has(new Token('invented-10999')), cache.has(new Token('invented-0'))]).toEqual([true, false]);
});

describe('how long a token is remembered', () => {
  /** How long Keystone takes to answer, in milliseconds. */
  const TAKEN = 300;

  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  /** Until when the answer is remembered, in milliseconds since 1970. */
  async function remembered(cacheSeconds: number, timeLimit: number, token: CachedToken): Promise<number> {
    const verdicts: Verdict[] = [];
    const peers = {
      onVerdict: () => undefined,
      verdictOn: async (_key: string, ask: () => Promise<Verdict>) => {
        const verdict = await ask();
        verdicts.push(verdict);
        return verdict;
      },
    };
    const cache = new TokenCache({ cacheSeconds, timeLimit }, peers);
    const answer = cache.get(new Token('token'), false, performance.now(), async () => {
      await new Promise((resolve) => setTimeout(resolve, TAKEN));
      return token;
    });
    await jest.advanceTimersByTimeAsync(TAKEN);
    expect(await answer).toBe(token);
    return verdicts[0]?.until ?? 0;
  }

  it('the cache time of a token starts with the request to Keystone, because Keystone may have validated it then', async () => {
    const asked = Date.now();
    expect(await remembered(60, 10_000, tokenWith([]))).toBe(asked + 60_000);
  });

  it('a token is not remembered past its end', async () => {
    const token = { ...tokenWith([]), expiresAt: Date.now() + 5_000 };
    expect(await remembered(60, 10, token)).toBe(token.expiresAt);
  });

  it('a token is remembered for ten seconds when the answer came too late, and not at all otherwise with a time of 0', async () => {
    expect((await remembered(0, 10, tokenWith([]))) - Date.now()).toBe(10_000);
    expect(await remembered(0, 10_000, tokenWith([]))).toBeLessThanOrEqual(Date.now());
  });
});
