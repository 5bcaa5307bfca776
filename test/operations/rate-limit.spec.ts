import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { RedisProcess } from '../support/databases/redis.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { personaTokens, type RunningService } from '../support/service/service.js';
import { startedServices } from '../support/service/started-services.js';
import { until } from '../support/time/until.js';

const PATH = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';
const ALICE = personaTokens['alice'] ?? '';
const ADMIN = personaTokens['admin'] ?? '';

const started = startedServices({ RATE_LIMIT_WINDOW: '3600' });

function ask({ url }: RunningService, token?: string, path = PATH): Promise<Response> {
  return fetch(url + path, { headers: token === undefined ? {} : { 'X-Auth-Token': token } });
}

/** Sends requests one after the other. @returns their statuses */
async function statuses(
  service: RunningService,
  count: number,
  token?: string,
  path = PATH,
): Promise<number[]> {
  const found: number[] = [];
  for (let sent = 0; sent < count; sent += 1) found.push((await ask(service, token, path)).status);
  return found;
}

describe('the rate limit', () => {
  it('without RATE_LIMIT, the service limits no requests', async () => {
    const service = await started({});
    const answer = await ask(service, ALICE);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('ratelimit'))).toEqual([]);
    expect(new Set(await statuses(service, 50, ALICE))).toEqual(new Set([404]));
  });

  it("every response has the rate limit in its headers, and a request above the rate limit gets Nova's 429", async () => {
    const service = await started({ RATE_LIMIT: '2' });
    const first = await ask(service, ALICE);
    expect(first.status).toBe(404);
    expect(first.headers.get('RateLimit-Limit')).toBe('2');
    expect(first.headers.get('RateLimit-Remaining')).toBe('1');
    expect(Number(first.headers.get('RateLimit-Reset'))).toBeGreaterThan(3_500);
    await ask(service, ALICE);
    const refused = await ask(service, ALICE);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('content-type')).toBe('application/json; charset=UTF-8');
    expect(refused.headers.get('RateLimit-Remaining')).toBe('0');
    const retryAfter = refused.headers.get('Retry-After');
    expect(Number(retryAfter)).toBeGreaterThan(3_500);
    expect(await refused.text()).toBe(
      `{"overLimit":{"code":429,"message":"This request was rate-limited.","retryAfter":"${retryAfter}"}}`,
    );
  });

  it('the rate limit counts each user of a project separately', async () => {
    const service = await started({ RATE_LIMIT: '3' });
    expect(await statuses(service, 5, ALICE)).toEqual([404, 404, 404, 429, 429]);
    expect(await statuses(service, 3, ADMIN)).toEqual([200, 200, 200]);
  });

  it('the count of the rate limit starts again in the next window', async () => {
    const service = await started({ RATE_LIMIT: '1', RATE_LIMIT_WINDOW: '1' });
    await until(async () => (await ask(service, ALICE)).status === 429, 'the limit is reached');
    await until(async () => (await ask(service, ALICE)).status === 404, 'the next window starts');
  });

  it('the rate limit does not last longer if the clock is set back', async () => {
    const service = await started({ RATE_LIMIT: '1' });
    expect(await statuses(service, 1, ALICE)).toEqual([404]);
    const yesterday = Date.now() - 86_400_000;
    const clock = jest.spyOn(Date, 'now').mockImplementation(() => yesterday);
    try {
      const refused = await ask(service, ALICE);
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('Retry-After'))).toBeLessThanOrEqual(3_600);
    } finally {
      clock.mockRestore();
    }
  });

  it('the rate limit counts requests without a valid token by client address, and these do not count for authenticated callers', async () => {
    const service = await started({ RATE_LIMIT: '3' });
    expect(await statuses(service, 2)).toEqual([401, 401]);
    expect(await statuses(service, 3, 'invented')).toEqual([401, 429, 429]);
    expect(await statuses(service, 1, ALICE)).toEqual([404]);
  });

  it('the rate limit by address uses the client address from the X-Forwarded-For of a trusted proxy', async () => {
    const service = await started({ RATE_LIMIT: '1', TRUSTED_PROXIES: '127.0.0.1' });
    const from = async (address: string): Promise<number> =>
      (await fetch(service.url + PATH, { headers: { 'X-Forwarded-For': address } })).status;
    expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')]).toEqual([
      401, 429, 401,
    ]);
    // Some proxies add the port of the client. Entries to the left of an invalid one are ignored, because a client can
    // forge them.
    expect([await from('192.0.2.1:1001'), await from('192.0.2.9, unknown, 192.0.2.1:1002')]).toEqual([
      429, 429,
    ]);
    expect([await from('made-up'), await from('made up otherwise')]).toEqual([401, 429]);
  });

  it.each(['/', '/v2.1', '/v2/', '/docs', '/docs/swagger-ui.css', '/docs/none', '/openapi.json', '/unknown'])(
    'a request for %s counts towards the rate limit of the client address, with or without a valid token',
    async (path) => {
      const service = await started({ RATE_LIMIT: '2' });
      const found = await statuses(service, 4, ALICE, path);
      expect(found.slice(0, 2)).not.toContain(429);
      expect(found.slice(2)).toEqual([429, 429]);
      expect(await statuses(service, 1, 'invented')).toEqual([429]);
      expect(await statuses(service, 2, ALICE)).toEqual([404, 404]);
    },
  );

  it('the rate limit does not count health checks and requests for metrics', async () => {
    const service = await started({ RATE_LIMIT: '1' });
    for (const path of ['/healthcheck', '/health/live', '/health/ready', '/metrics']) {
      expect(await statuses(service, 3, undefined, path)).toEqual([200, 200, 200]);
    }
  });

  it('if OPERATIONS_PORT is set, a request for a health path on the API port counts towards the rate limit of the client address', async () => {
    const service = await started({ RATE_LIMIT: '1', OPERATIONS_PORT: '0' });
    expect(await statuses(service, 2, undefined, '/health/live')).toEqual([300, 429]);
  });

  it('the rate limit rejects a flood of invented tokens before they reach Keystone, but no caller with a cached token', async () => {
    const keystone = new FakeKeystone();
    await keystone.start();
    keystone.tokens.set('known', {});
    try {
      const service = await started({
        RATE_LIMIT: '3',
        TOKENS_FILE: '',
        OS_AUTH_URL: keystone.url,
        OS_USERNAME: 'nova',
        OS_PASSWORD: keystone.password,
        OS_PROJECT_NAME: 'service',
      });
      expect(await statuses(service, 1, 'known')).toEqual([404]);
      const invented: number[] = [];
      for (let count = 0; count < 6; count += 1)
        invented.push(...(await statuses(service, 1, `no-${count}`)));
      expect(invented).toEqual([401, 401, 401, 429, 429, 429]);
      expect(keystone.validations.map(({ token }) => token)).toEqual(['known', 'no-0', 'no-1', 'no-2']);
      expect(await statuses(service, 1, 'known')).toEqual([404]);
    } finally {
      await keystone.stop();
    }
  });
});

describe('the rate limit in Redis', () => {
  let redis: RedisProcess;

  /**
   * Sends requests to the services in turn until one returns 429. Expects that at least `expected` requests succeed
   * before. More may succeed if Redis is slow, because the services then do not count some requests.
   */
  async function expectCounted(expected: number, services: readonly RunningService[]): Promise<void> {
    let [counted, unsure] = [0, 0];
    for (let count = 0; ; count += 1) {
      const answer = await ask(services[count % services.length] as RunningService, ALICE);
      if (answer.status === 429) break;
      expect(answer.status).toBe(404);
      if (answer.headers.has('RateLimit-Limit')) counted += 1;
      else unsure += 1;
    }
    expect(counted).toBeLessThanOrEqual(expected);
    expect(counted + unsure).toBeGreaterThanOrEqual(expected);
  }

  beforeAll(async () => {
    redis = await RedisProcess.create();
  });

  afterAll(() => redis.stop());

  it('processes share the rate limit in Redis, and no request is rejected while Redis is unreachable or hangs', async () => {
    const settings = { RATE_LIMIT: '4', RATE_LIMIT_REDIS_URL: redis.url };
    const one = await started(settings);
    const other = await started(settings);
    const counted = async (): Promise<boolean> => (await ask(one, ADMIN)).headers.has('RateLimit-Limit');
    await until(counted, 'the first service is connected');
    await until(
      async () => (await ask(other, ADMIN)).headers.has('RateLimit-Limit'),
      'the second service is connected',
    );
    await expectCounted(4, [one, other, other]);
    await expectCounted(0, [one]);

    const messages: unknown[] = [];
    const errors = jest
      .spyOn(Logger.prototype, 'error')
      .mockImplementation((text) => void messages.push(text));
    redis.signal('SIGSTOP');
    const start = performance.now();
    expect(await statuses(one, 10, ALICE)).toEqual(Array(10).fill(404));
    expect(performance.now() - start).toBeLessThan(1_000 + BUSY_MACHINE_MARGIN);
    redis.signal('SIGCONT');
    await until(counted, 'Redis is used again after it hung');
    errors.mockRestore();
    // Two services log, so each message may occur twice.
    expect(messages.length).toBeGreaterThan(0);
    expect(new Set(messages).size).toBeLessThan(5);
    for (const line of messages) expect(messages.filter((one) => one === line).length).toBeLessThanOrEqual(2);
    for (const line of messages)
      expect(line).toMatch(/^the rate limit does not apply, because Redis fails: /);

    await redis.kill();
    expect(await statuses(one, 10, ALICE)).toEqual(Array(10).fill(404));
    await redis.start();
    await until(counted, 'Redis is used again after an outage');
    await expectCounted(4, [one]);
  });

  it('after a hang, Redis counts only the requests that the service sent before it detected the hang', async () => {
    const service = await started({ RATE_LIMIT: '1000', RATE_LIMIT_REDIS_URL: redis.url });
    const left = async (): Promise<number> =>
      Number((await ask(service, ALICE)).headers.get('RateLimit-Remaining') ?? Number.NaN);
    await until(async () => (await left()) > 0, 'Redis is connected');
    redis.signal('SIGSTOP');
    const before = performance.now();
    let count = 0;
    for (; performance.now() - before < 2_000; count += 1) await left();
    const early = count;
    for (; count < early + 200; count += 1) await left();
    redis.signal('SIGCONT');
    let remaining = Number.NaN;
    await until(async () => (remaining = await left()) > 0, 'Redis is connected again');
    expect(1_000 - remaining).toBeLessThan(early + 50);
  });

  it('the service starts and serves requests if RATE_LIMIT_REDIS_URL is unreachable', async () => {
    const service = await started({ RATE_LIMIT: '1', RATE_LIMIT_REDIS_URL: 'redis://127.0.0.1:1' });
    expect(await statuses(service, 5, ALICE)).toEqual(Array(5).fill(404));
  });
});
