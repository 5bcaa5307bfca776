import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { MemoryCounts } from '../../src/operations/protection/memory-counts.js';
import { RedisCounts } from '../../src/operations/protection/redis-counts.js';
import type { RequestCounts } from '../../src/operations/protection/request-counts.js';
import { RedisProcess } from '../support/databases/redis.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { until } from '../support/time/until.js';

/** The length of the period in which requests are counted, in seconds. */
const WINDOW = 3_600;

let redis: RedisProcess;
let inRedis: RedisCounts;

beforeEach(() => {
  jest.spyOn(Logger.prototype, 'log').mockReturnValue();
});

const keep = closeAfterAll();

beforeAll(async () => {
  redis = keep(await RedisProcess.create());
  inRedis = keep(new RedisCounts(redis.url, WINDOW));
  await until(async () => (await inRedis.penalty('connected')) !== null, 'Redis counts');
});

afterEach(() => {
  jest.restoreAllMocks();
});

async function requestsOf(counts: RequestCounts, key: string): Promise<number> {
  return (await counts.get(key))?.consumedPoints ?? 0;
}

describe.each<[string, () => RequestCounts]>([
  ['memory', () => new MemoryCounts(WINDOW)],
  ['Redis', () => inRedis],
])('request counts in %s', (_where, countsIn) => {
  it('the first request of a key starts the window of its request count', async () => {
    const counts = countsIn();
    const first = await counts.penalty('alice');
    expect(first?.consumedPoints).toBe(1);
    expect(first?.msBeforeNext).toBeGreaterThan((WINDOW - 60) * 1_000);
    expect(first?.msBeforeNext).toBeLessThanOrEqual(WINDOW * 1_000);
    const second = await counts.penalty('alice');
    expect(second?.consumedPoints).toBe(2);
    expect(second?.msBeforeNext).toBeLessThanOrEqual(first?.msBeforeNext ?? 0);
    expect(await requestsOf(counts, 'bob')).toBe(0);
  });

  it('request counts do not change when they are read', async () => {
    const counts = countsIn();
    await counts.penalty('carol');
    for (let read = 0; read < 3; read += 1) expect(await requestsOf(counts, 'carol')).toBe(1);
  });
});

it('request counts in memory are limited to 5,000 callers: a new caller replaces the least recently seen one', async () => {
  const counts = new MemoryCounts(WINDOW);
  for (let caller = 0; caller <= 5_000; caller += 1) await counts.penalty(String(caller));
  expect([await requestsOf(counts, '0'), await requestsOf(counts, '1')]).toEqual([0, 1]);
});

it('a request count in memory ends with its window, even if the clock is set back', async () => {
  const counts = new MemoryCounts(1);
  await counts.penalty('alice');
  const now = Date.now;
  jest.spyOn(Date, 'now').mockImplementation(() => now() - 86_400_000);
  await until(async () => (await requestsOf(counts, 'alice')) === 0, 'the window ends');
});

describe('request counts in a Redis that fails', () => {
  it('while Redis hangs, requests are not delayed, counted or rejected', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    await inRedis.penalty('dave');
    redis.signal('SIGSTOP');
    try {
      expect(await Promise.all([inRedis.penalty('dave'), inRedis.get('dave')])).toEqual([null, null]);
      expect(errors).toHaveBeenCalled();
    } finally {
      redis.signal('SIGCONT');
    }
    await until(async () => (await inRedis.get('dave')) !== null, 'Redis counts again');
  });

  it('while Redis returns errors, requests are not counted, and the log has the error', async () => {
    const errors = jest.spyOn(Logger.prototype, 'error').mockReturnValue();
    const operator = new Redis(redis.url);
    try {
      await operator.config('SET', 'maxmemory', '1');
      expect(await inRedis.penalty('erin')).toBeNull();
      expect(errors).toHaveBeenCalledWith(
        expect.stringMatching(/^the rate limit does not apply, because Redis fails: .*OOM/),
      );
    } finally {
      await operator.config('SET', 'maxmemory', '0');
      operator.disconnect();
    }
    expect((await inRedis.penalty('erin'))?.consumedPoints).toBe(1);
  });
});
