import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { RateLimiterRes } from 'rate-limiter-flexible';
import { clientNetwork } from '../../common/client-network.js';
import type { Settings } from '../../config/settings.js';
import { TooManyRequests } from '../../nova/fault/faults.js';
import { MemoryCounts } from './memory-counts.js';
import { RedisCounts } from './redis-counts.js';
import type { RequestCounts } from './request-counts.js';

/**
 * Limits the number of requests in a window, for each user of each project. Requests without a valid token are counted
 * and limited by client address. If Redis is down, requests cannot be counted, and are accepted.
 */
export class RateLimit {
  private constructor(
    private readonly max: number,
    private readonly counts: RequestCounts,
  ) {}

  /** Creates the rate limit that the settings describe. @returns undefined if they set no limit */
  static fromSettings(fastify: FastifyInstance, settings: Settings): RateLimit | undefined {
    const { RATE_LIMIT: max, RATE_LIMIT_WINDOW: window, RATE_LIMIT_REDIS_URL: url } = settings;
    if (max === 0) return undefined;
    if (url === undefined) return new RateLimit(max, new MemoryCounts(window));
    const counts = new RedisCounts(url, window);
    fastify.addHook('onClose', () => {
      counts.close();
    });
    return new RateLimit(max, counts);
  }

  /** Counts a request. @throws TooManyRequests if the count is above the limit */
  async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const count = await this.counts.penalty(keyOf(request));
    if (count !== null) this.report(count, reply, count.consumedPoints > this.max);
  }

  /**
   * Checks the count of the client address without counting the request.
   *
   * @throws TooManyRequests if the address has reached the limit of requests without a valid token
   */
  async checkAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const count = await this.counts.get(clientNetwork(request.ip));
    if (count !== null && count.consumedPoints >= this.max) this.report(count, reply, true);
  }

  private report(count: RateLimiterRes, reply: FastifyReply, isExceeded: boolean): void {
    const resetAfter = Math.ceil(count.msBeforeNext / 1_000);
    void reply
      .header('RateLimit-Limit', String(this.max))
      .header('RateLimit-Remaining', String(Math.max(0, this.max - count.consumedPoints)))
      .header('RateLimit-Reset', String(resetAfter));
    if (isExceeded) throw new TooManyRequests(resetAfter);
  }
}

function keyOf({ nova: { context }, ip }: FastifyRequest): string {
  if (context === undefined) return clientNetwork(ip);
  return JSON.stringify([context.projectId, context.domainId, context.userId]);
}
