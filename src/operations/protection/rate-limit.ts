import rateLimit from '@fastify/rate-limit';
import { Logger } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';
import { errorText } from '../../common/error-text.js';
import type { Settings } from '../../config/settings.js';
import { TooManyRequests } from '../../nova/fault/faults.js';
import { Counts } from './counts.js';

/** How long Redis may take for an answer before requests go on uncounted, in milliseconds. */
const REDIS_TIME_LIMIT = 100;

/** How long it is left alone after it did not answer, in milliseconds; and how long a connection may take. */
const REDIS_RETRY_EVERY = 500;

/** So many reasons are told at most while it is away. */
const REASONS = 5;

type Limiter = ReturnType<FastifyInstance['createRateLimit']>;
type Count = Extract<Awaited<ReturnType<Limiter>>, { isAllowed: false }>;

/**
 * So many requests in a window of time: for each user of a project; and for each address, of those from nobody who is
 * known. Redis, where there is one, is no reason to refuse anybody: without it requests are not counted.
 */
export class RateLimit {
  private constructor(
    private readonly ofCallers: Limiter,
    private readonly ofAddresses: Limiter,
    private readonly redis: RedisWatch,
  ) {}

  /** @returns undefined where there is no limit */
  static async register(fastify: FastifyInstance, settings: Settings): Promise<RateLimit | undefined> {
    const { RATE_LIMIT: max, RATE_LIMIT_WINDOW, RATE_LIMIT_REDIS_URL: url } = settings;
    if (max === 0) return undefined;
    const watch = new RedisWatch();
    const redis = url === undefined ? undefined : connected(url, watch);
    if (redis !== undefined)
      fastify.addHook('onClose', () => {
        redis.disconnect();
      });
    await fastify.register(rateLimit, {
      global: false,
      max,
      timeWindow: RATE_LIMIT_WINDOW * 1000,
      ...(redis === undefined ? { store: Counts } : { redis }),
      nameSpace: 'nova-action-log:rate-limit:',
      skipOnError: true,
    });
    const ofCallers = fastify.createRateLimit({ keyGenerator: callerOf });
    return new RateLimit(ofCallers, fastify.createRateLimit({}), watch);
  }

  /** Counts a request. @throws TooManyRequests for one too many */
  async count(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const isKnown = request.nova.context !== undefined;
    const count = await (isKnown ? this.ofCallers : this.ofAddresses)(request);
    if (count.isAllowed) return;
    // What was counted has left one less.
    if (count.remaining === count.max) {
      this.redis.failed('no answer in time');
      return;
    }
    this.redis.answered();
    report(count, reply, count.isExceeded);
  }

  /** Counts nothing. @throws TooManyRequests where the address has sent all it may of requests from nobody */
  async checkAddress(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const count = await this.ofAddresses(request, { increment: false });
    if (!count.isAllowed && count.remaining === 0) report(count, reply, true);
  }
}

/** Says in the headers what is left. */
function report({ max, remaining, ttlInSeconds }: Count, reply: FastifyReply, isExceeded: boolean): void {
  void reply
    .header('RateLimit-Limit', String(max))
    .header('RateLimit-Remaining', String(remaining))
    .header('RateLimit-Reset', String(ttlInSeconds));
  if (isExceeded) throw new TooManyRequests(ttlInSeconds);
}

function callerOf({ nova: { context } }: FastifyRequest): string {
  return JSON.stringify([context?.projectId, context?.domainId, context?.userId]);
}

/** Commands fail at once while there is no connection; one that hangs is given up, and another one made. */
function connected(url: string, watch: RedisWatch): Redis {
  const redis = new Redis(url, {
    connectTimeout: REDIS_RETRY_EVERY,
    commandTimeout: REDIS_TIME_LIMIT,
    // What was given up still waits for its answer, and would be counted much later.
    socketTimeout: REDIS_RETRY_EVERY,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => REDIS_RETRY_EVERY,
  });
  redis.on('error', (error) => {
    watch.failed(errorText(error));
  });
  redis.on('ready', () => {
    watch.answered();
  });
  return redis;
}

/** Tells the log when Redis is away, once for each of the reasons that are found, and when it is there again. */
class RedisWatch {
  private readonly log = new Logger('RateLimit');
  private readonly told = new Set<string>();

  failed(reason: string): void {
    if (this.told.has(reason) || this.told.size === REASONS) return;
    this.told.add(reason);
    this.log.error(`Redis is away, requests are not counted: ${reason}`);
  }

  answered(): void {
    if (this.told.size > 0) this.log.log('Redis is there again');
    this.told.clear();
  }
}
