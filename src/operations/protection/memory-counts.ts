import { LRUCache } from 'lru-cache';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { RequestCounts } from './request-counts.js';

/**
 * The maximum number of callers with a count. If it is reached, the count of the least recently seen caller is dropped
 * for a new one.
 */
const MAX_CALLERS = 5_000;

/**
 * Request counts in the memory of this process. The memory is bounded, because clients may send requests from many
 * addresses. The windows use a monotonic clock: if somebody set a wall clock back, the windows would become longer. The
 * class `RateLimiterMemory` of rate-limiter-flexible has neither property.
 */
export class MemoryCounts implements RequestCounts {
  private readonly counts: LRUCache<string, { requests: number }>;

  /** @param window the length of a window, in seconds */
  constructor(window: number) {
    this.counts = new LRUCache({ max: MAX_CALLERS, ttl: window * 1_000 });
  }

  penalty(key: string): Promise<RateLimiterRes> {
    const count = this.counts.get(key) ?? { requests: 0 };
    count.requests += 1;
    if (count.requests === 1) this.counts.set(key, count);
    return Promise.resolve(this.resultFor(key, count.requests));
  }

  get(key: string): Promise<RateLimiterRes> {
    return Promise.resolve(this.resultFor(key, this.counts.get(key)?.requests ?? 0));
  }

  private resultFor(key: string, requests: number): RateLimiterRes {
    return new RateLimiterRes(0, this.counts.getRemainingTTL(key), requests);
  }
}
