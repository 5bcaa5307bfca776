import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RateLimiterRedis, type RateLimiterRes } from 'rate-limiter-flexible';
import { errorText } from '../../common/error-text.js';
import type { RequestCounts } from './request-counts.js';

/** Milliseconds after which a request stops waiting for Redis and continues uncounted. */
const REDIS_TIMEOUT = 100;

/** The delay before the client reconnects to Redis, and the timeout of a connection, in milliseconds. */
const RECONNECT_DELAY = 500;

/** The maximum number of different errors in the log for one outage. */
const MAX_LOGGED_ERRORS = 5;

/** Request counts in Redis, which several processes share. While Redis is down, requests are not counted. */
export class RedisCounts implements RequestCounts {
  private readonly log = new Logger('RateLimit');
  private readonly logged = new Set<string>();
  private readonly redis: Redis;
  private readonly limiter: RateLimiterRedis;

  /** @param window the length of a window, in seconds */
  constructor(url: string, window: number) {
    this.redis = new Redis(url, {
      connectTimeout: RECONNECT_DELAY,
      commandTimeout: REDIS_TIMEOUT,
      // This closes a connection that hangs. Otherwise Redis would receive and count the waiting requests much later.
      socketTimeout: RECONNECT_DELAY,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => RECONNECT_DELAY,
    });
    this.redis.on('error', (error) => {
      this.reportOutage(error);
    });
    this.redis.on('ready', () => {
      this.reportRecovery();
    });
    const keyPrefix = 'nova-action-log:rate-limit';
    this.limiter = new RateLimiterRedis({ storeClient: this.redis, points: 1, duration: window, keyPrefix });
  }

  penalty(key: string): Promise<RateLimiterRes | null> {
    return this.unlessDown(() => this.limiter.penalty(key));
  }

  get(key: string): Promise<RateLimiterRes | null> {
    return this.unlessDown(() => this.limiter.get(key));
  }

  close(): void {
    this.redis.disconnect();
  }

  /**
   * Sends a command to Redis. Returns null if there is no connection; the listener of the `error` event has logged the
   * reason.
   */
  private async unlessDown(send: () => Promise<RateLimiterRes | null>): Promise<RateLimiterRes | null> {
    if (this.redis.status !== 'ready') return null;
    try {
      const result = await send();
      this.reportRecovery();
      return result;
    } catch (error) {
      this.reportOutage(error);
      return null;
    }
  }

  private reportOutage(error: unknown): void {
    const reason = errorText(error);
    if (this.logged.has(reason) || this.logged.size === MAX_LOGGED_ERRORS) return;
    this.logged.add(reason);
    this.log.error(`the rate limit does not apply, because Redis fails: ${reason}`);
  }

  private reportRecovery(): void {
    if (this.logged.size > 0) this.log.log('Redis is reachable, and requests are counted again');
    this.logged.clear();
  }
}
