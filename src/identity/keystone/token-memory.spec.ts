import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestContext } from '../request-context.js';
import { TokenCache } from './token-cache.js';
import { type KnownToken, sizeOf, TokenMemory, type Verdict } from './token-memory.js';

const HOUR = 3_600_000;

function tokenWith(rules: readonly string[]): KnownToken {
  const context = requestContext({ userId: 'u', roles: ['member'] });
  const patterns = rules.length === 0 ? undefined : { inCatalogue: true, patterns: rules };
  return { context, expiresAt: Date.now() + HOUR, rules: patterns };
}

describe('the memory of tokens', () => {
  it('is bounded in bytes however many access rules tokens have, and these push out no others', () => {
    const memory = new TokenMemory();
    const until = Date.now() + HOUR;
    for (let index = 0; index < 9_000; index += 1) {
      memory.remember(`small-${index}`, { token: tokenWith([]), until });
    }
    const large = tokenWith(Array.from({ length: 650 }, (_, index) => `GET /${index}/`.padEnd(128, 'x')));
    const names = Array.from({ length: 10_000 }, (_, index) => `large-${index}`);
    for (const name of names) memory.remember(name, { token: large, until });
    const remembered = names.filter((name) => memory.recall(name) !== undefined);
    expect(remembered.length).toBeGreaterThan(100);
    expect(remembered.length * sizeOf(large)).toBeLessThanOrEqual(16 * 1024 * 1024);
    expect(memory.recall('small-0')).toBeDefined();
  });
});

describe('how long a token is remembered', () => {
  /** What is remembered when Keystone takes some time to answer. */
  async function verdict(cacheSeconds: number, timeLimit: number, token?: KnownToken): Promise<Verdict> {
    const verdicts: Verdict[] = [];
    const cache = new TokenCache(
      { cacheSeconds, timeLimit },
      {
        onVerdict: () => undefined,
        verdictOn: async (_key, ask) => {
          verdicts.push(await ask());
          return verdicts[0] ?? { until: 0 };
        },
      },
    );
    await cache.get('token', false, performance.now(), async () => {
      await sleep(300);
      return token;
    });
    return verdicts[0] ?? { until: 0 };
  }

  it('counts from the question and not from the answer: Keystone may have looked at once', async () => {
    const asked = Date.now();
    expect((await verdict(60, 10_000, tokenWith([]))).until).toBeLessThan(asked + 60_000 + 200);
  });

  it('is never past its end', async () => {
    const token = { ...tokenWith([]), expiresAt: Date.now() + 5_000 };
    expect((await verdict(60, 10, token)).until).toBeLessThanOrEqual(token.expiresAt + 5);
  });

  it('is ten seconds at least where the answer came too late for its caller, and else not at all with a time of 0', async () => {
    const late = await verdict(0, 10, tokenWith([]));
    expect(late.until - Date.now()).toBeGreaterThan(5_000);
    expect(late.until - Date.now()).toBeLessThanOrEqual(10_000);
    expect((await verdict(0, 10_000, tokenWith([]))).until).toBeLessThanOrEqual(Date.now());
  });
});
