import type { RateLimiterRes } from 'rate-limiter-flexible';

/** Counts requests in windows: the window of a key begins with its first request. The library's names. */
export interface RequestCounts {
  /** Counts a request. @returns null if it could not be counted */
  penalty(key: string): Promise<RateLimiterRes | null>;

  /** Counts nothing. @returns null if there is no count */
  get(key: string): Promise<RateLimiterRes | null>;
}
