import { LRUCache } from 'lru-cache';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { RequestCounts } from './request-counts.js';

/** How many callers have a count; the count of the least recently seen caller is dropped. */
const MAX_CALLERS = 5_000;

/**
 * Counts in this process: in bounded memory, because anybody can send from many addresses, and by a monotonic clock,
 * because after a wall clock is set back a window would last longer. `RateLimiterMemory` has neither property.
 */
export class MemoryCounts implements RequestCounts {
  private readonly counts: LRUCache<string, { requests: number }>;

  /** @param window in seconds */
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
