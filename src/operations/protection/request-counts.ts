import type { RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Counts requests in windows. The window of a key starts with its first request. Method names as in
 * rate-limiter-flexible.
 */
export interface RequestCounts {
  /** Counts a request. @returns null if it could not be counted */
  penalty(key: string): Promise<RateLimiterRes | null>;

  /** Reads the count. @returns null if it could not be read */
  get(key: string): Promise<RateLimiterRes | null>;
}
