import type { RateLimiterRes } from 'rate-limiter-flexible';

/**
 * Counts requests by key, such as a user of a project, in windows of time. The window of a key starts with its first
 * request. The names of the methods are those of rate-limiter-flexible.
 */
export interface RequestCounts {
  /** Counts a request. @returns null if it could not be counted */
  penalty(key: string): Promise<RateLimiterRes | null>;

  /** Reads the count. @returns null if it could not be read */
  get(key: string): Promise<RateLimiterRes | null>;
}
