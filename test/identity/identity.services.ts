import { beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadCases, loadFixture, personas, withoutLabel } from '../conformance/cases.js';
import { printReport, replay } from '../conformance/replay.js';
import { underLoad } from '../faults/support/load.js';
import { keystoneUnavailable } from '../faults/support/refusals.js';
import { reportOutcome } from '../faults/support/report.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { type Keystone, startKeystone } from '../support/keystone/keystone.js';
import { setComputeEndpoint } from '../support/keystone/catalogue.js';
import { keystoneSettings } from '../support/keystone/settings.js';
import { createApplicationCredential, createUser } from '../support/keystone/users.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { type RunningService, startService } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';

const { labels } = loadFixture();
const [server = '', requestId = ''] = labels['busy'] ?? [];
const LIST = `/v2.1/servers/${server}/os-instance-actions`;
const SHOW = `${LIST}/${requestId}`;
const P1 = personas['alice']?.project_id ?? '';

let keystone: Keystone;
let store: TestStore;
/** A service with the default TOKEN_CACHE_TIME. */
let service: RunningService;
/** A service with TOKEN_CACHE_TIME=0, which validates the token of every request. */
let uncached: RunningService;

const keep = closeAfterAll();

beforeAll(async () => {
  keystone = keep(await startKeystone());
  // A token with access rules permits requests only to services in its catalogue. So the catalogue must contain the
  // compute service.
  await setComputeEndpoint(keystone, 'http://127.0.0.1:8774');
  store = keep(await recordedStore());
  service = keep(await startService(withKeystone()));
  uncached = keep(await startService(withKeystone({ TOKEN_CACHE_TIME: '0' })));
});

function withKeystone(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    DATABASE_URL: store.url,
    ...keystoneSettings(keystone),
    ...more,
  };
}

async function statusOf(
  token: string,
  path = SHOW,
  headers: Readonly<Record<string, string>> = {},
  at = service,
): Promise<number> {
  const answer = await fetch(`${at.url}${path}`, { headers: { 'X-Auth-Token': token, ...headers } });
  await answer.text();
  return answer.status;
}

describe('with a real Keystone', () => {
  it('with a real Keystone, the service returns the recorded answers to callers with real tokens', async () => {
    const names = Object.keys(personas);
    const tokens = await Promise.all(names.map(async (name) => [name, await keystone.token(name)] as const));
    const { cases } = withoutLabel(loadCases('answers.jsonl'), 'unmapped');
    const report = await replay(cases, {
      baseUrl: service.url,
      tokens: Object.fromEntries(tokens),
      keystoneUrl: keystone.rootUrl,
      knownDifferences: new Map([['open-1336', 'the marker of two actions under one request id']]),
    });
    printReport(report);
    expect(report.different).toEqual([]);
    expect(report.total).toBe(1712);
  });

  it('with a real Keystone, a service with TOKEN_CACHE_TIME=0 rejects a revoked token immediately; by default, the service still accepts a cached token', async () => {
    const token = await keystone.token('alice');
    expect([await statusOf(token), await statusOf(token, SHOW, {}, uncached)]).toEqual([200, 200]);
    await keystone.revoke(token);
    expect(await statusOf(token, SHOW, {}, uncached)).toBe(401);
    // This service, with the default TOKEN_CACHE_TIME, has cached the token. It accepts the token until
    // TOKEN_CACHE_TIME has passed.
    expect(await statusOf(token)).toBe(200);
  });

  it("with a real Keystone, callers with domain or system scope cannot read a tenant's actions", async () => {
    const reader = await createUser(keystone, ['reader'], { domainId: 'default' });
    const operator = await createUser(keystone, ['reader'], 'system');
    for (const user of [reader, operator]) {
      const statuses = [await statusOf(await user.token()), await statusOf(await user.token(), LIST)];
      expect(statuses.every((status) => status === 403 || status === 404)).toBe(true);
    }
    expect(await statusOf(await reader.token('none'))).not.toBe(200);
    expect(await statusOf(await keystone.token('sysreader'))).toBe(403);
  });

  it('with a real Keystone, an application credential permits only the requests in its access rules', async () => {
    const rule = { service: 'compute', method: 'GET', path: '/v2.1/servers/*/os-instance-actions' };
    const limited = await createApplicationCredential(keystone, 'alice', { accessRules: [rule] });
    const token = await limited.token();
    expect([await statusOf(token, LIST), await statusOf(token, SHOW)]).toEqual([200, 401]);
    const image = await createApplicationCredential(keystone, 'alice', {
      accessRules: [{ ...rule, service: 'image' }],
    });
    expect(await statusOf(await image.token(), LIST)).toBe(401);
    const free = await createApplicationCredential(keystone, 'alice');
    expect(await statusOf(await free.token())).toBe(200);
  });

  it('the service can sign in at a real Keystone with an application credential', async () => {
    const credential = await createApplicationCredential(keystone, 'admin');
    const other = await startService({
      DATABASE_URL: store.url,
      OS_AUTH_URL: keystone.url,
      OS_APPLICATION_CREDENTIAL_ID: credential.id,
      OS_APPLICATION_CREDENTIAL_SECRET: credential.secret,
      KEYSTONE_TIMEOUT: '5000',
    });
    try {
      expect(await statusOf(await keystone.token('alice'), SHOW, {}, other)).toBe(200);
    } finally {
      await other.stop();
    }
  });

  it('with a real Keystone, the service accepts a recently expired user token together with a service token', async () => {
    const ending = await createApplicationCredential(keystone, 'alice', { expiresInSeconds: 10 });
    const token = await ending.token();
    expect(await statusOf(token)).toBe(200);
    await sleep(11_000);
    const vouched = { 'X-Service-Token': await keystone.serviceToken() };
    expect(await statusOf(token)).toBe(401);
    expect(await statusOf(token, SHOW, vouched)).toBe(200);
    const good = await keystone.token('alice');
    expect(await statusOf(good, SHOW, vouched)).toBe(200);
    expect(await statusOf(good, SHOW, { 'X-Service-Token': await keystone.token('bob') })).toBe(401);
    expect(await statusOf(good, SHOW, { 'X-Service-Token': 'garbage' })).toBe(401);
  });

  it('with a real Keystone, the service ignores identity headers such as X-User-Id and X-Roles from a caller', async () => {
    const claims = {
      'X-Identity-Status': 'Confirmed',
      'X-User-Id': personas['admin']?.user_id ?? '',
      'X-Project-Id': P1,
      'X-Roles': 'admin',
      'X-Is-Admin-Project': 'True',
    };
    expect(await statusOf('garbage', SHOW, claims)).toBe(401);
    expect(await statusOf(await keystone.token('bob'), SHOW, claims)).toBe(404);
    expect(await statusOf(await keystone.token('nora'), SHOW, claims)).toBe(403);
  });

  it('the service returns 503 to all callers if its own password is wrong', async () => {
    const wrong = await startService(withKeystone({ OS_PASSWORD: 'wrong' }));
    try {
      const answer = await fetch(`${wrong.url}${SHOW}`, {
        headers: { 'X-Auth-Token': await keystone.token('admin') },
      });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '5']);
      expect(await answer.text()).not.toContain('wrong');
    } finally {
      await wrong.stop();
    }
  });
});

describe('a Keystone that becomes unreachable under load', () => {
  it('while a real Keystone is unreachable under load, callers with a cached token get 200 and others get 503; later, all callers get 200', async () => {
    const token = await keystone.token('alice');
    expect([await statusOf(token), await statusOf(token, SHOW, {}, uncached)]).toEqual([200, 200]);
    const seen = { cached: new Set<number>(), uncached: new Set<number>() };
    let loading = true;
    const load = async (at: RunningService, statuses: Set<number>): Promise<void> => {
      while (loading) {
        statuses.add(await statusOf(token, SHOW, {}, at));
        await sleep(20);
      }
    };
    const callers = Array.from({ length: 4 }, () => [
      load(service, seen.cached),
      load(uncached, seen.uncached),
    ]);
    await sleep(500);
    await keystone.kill();
    await sleep(2_000);
    await keystone.start();
    for (let tries = 0; (await statusOf(token, SHOW, {}, uncached)) !== 200; tries += 1) {
      expect(tries).toBeLessThan(50);
      await sleep(200);
    }
    loading = false;
    await Promise.all(callers.flat());
    expect([...seen.cached]).toEqual([200]);
    expect([...seen.uncached].sort()).toEqual([200, 503]);
  });

  it('while a real Keystone is unreachable under load, callers get only correct responses or 503', async () => {
    const names = Object.keys(personas);
    const tokens = await Promise.all(names.map(async (name) => [name, await keystone.token(name)] as const));
    const other = await startService(withKeystone({ TOKEN_CACHE_TIME: '0', KEYSTONE_TIMEOUT: '4000' }));
    await until(
      async () => (await statusOf(await keystone.token('alice'), SHOW, {}, other)) === 200,
      'the service has signed in',
    );
    const outcome = await underLoad(
      other.url,
      { begin: () => keystone.kill(), lasts: 2_000, end: () => keystone.start() },
      { callers: 4, refusals: [keystoneUnavailable], tokens: Object.fromEntries(tokens) },
    );
    await other.stop();
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('A real Keystone killed (`kill -9`) and started again', outcome);
  });

  it('the service returns 503 within KEYSTONE_TIMEOUT if a real Keystone does not respond', async () => {
    const other = await startService(withKeystone({ KEYSTONE_TIMEOUT: '700' }));
    try {
      keystone.pause();
      const begun = Date.now();
      expect(await statusOf('gAAAAAunheard', SHOW, {}, other)).toBe(503);
      expect(Date.now() - begun).toBeLessThan(2_000 + BUSY_MACHINE_MARGIN);
    } finally {
      keystone.resume();
      await other.stop();
    }
  });
});
