import type { FastifyRateLimitOptions, FastifyRateLimitStore } from '@fastify/rate-limit';
import { LRUCache } from 'lru-cache';

/** Of how many callers it is known at most how much they have sent. */
const CALLERS = 5_000;

type Callback = Parameters<FastifyRateLimitStore['incr']>[1];

/** Counts in this process, in windows of a clock that nobody sets: to some callers a day set back would be a day without answers. */
export class Counts implements FastifyRateLimitStore {
  private readonly counts: LRUCache<string, { current: number }>;

  /** @param options with the length of a window, in milliseconds */
  constructor({ timeWindow }: FastifyRateLimitOptions & { timeWindow?: unknown }) {
    this.counts = new LRUCache({ max: CALLERS, ttl: Number(timeWindow) });
  }

  incr(caller: string, callback: Callback): void {
    const count = this.counts.get(caller) ?? { current: 0 };
    count.current += 1;
    if (count.current === 1) this.counts.set(caller, count);
    this.tell(caller, count.current, callback);
  }

  /** As `incr`, and counts nothing. */
  read(caller: string, callback: Callback): void {
    this.tell(caller, this.counts.get(caller)?.current ?? 0, callback);
  }

  child(options: FastifyRateLimitOptions): Counts {
    return new Counts(options);
  }

  private tell(caller: string, current: number, callback: Callback): void {
    callback(null, { current, ttl: this.counts.getRemainingTTL(caller) });
  }
}
