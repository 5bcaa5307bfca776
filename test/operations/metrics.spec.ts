import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova } from '../support/nova/fake.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { parseMetrics, type Sample, total } from '../support/http/metrics.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { until } from '../support/time/until.js';
import { sendRequest, metricsOf, sendBytes } from '../support/process/access-log.js';
import { closeAfterAll } from '../support/close-after-all.js';

const LIST = EXAMPLE_PATH.slice(0, EXAMPLE_PATH.lastIndexOf('/'));
const SHOW_ROUTE = '/v2.1/servers/:server_id/os-instance-actions/:request_id';

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

async function samplesOf(service: ServiceProcess): Promise<readonly Sample[]> {
  return parseMetrics(await metricsOf(service));
}

describe('requests', () => {
  it('requests are counted by route, method, status, microversion and view, with their durations', async () => {
    const service = workplace.launch();
    const version = { 'OpenStack-API-Version': 'compute 2.51' };
    for (const token of ['demo-tenant', 'demo-tenant', 'demo-admin', 'demo-auditor', 'nobody']) {
      await sendRequest(service, { 'X-Auth-Token': token, ...version });
    }
    const samples = await samplesOf(service);
    const counted = (labels: Record<string, string>): number =>
      total(samples, 'http_requests_total', { route: SHOW_ROUTE, method: 'GET', ...labels });
    expect(counted({ status: '200', microversion: '2.51', view: 'external' })).toBe(2);
    expect(counted({ status: '200', microversion: '2.51', view: 'internal' })).toBe(1);
    expect(counted({ status: '403', microversion: '2.51', view: '' })).toBe(1);
    expect(counted({ status: '401', microversion: '', view: '' })).toBe(1);
    expect(counted({})).toBe(5);
    const duration = 'http_request_duration_seconds';
    const labels = { route: SHOW_ROUTE, method: 'GET' };
    expect(total(samples, `${duration}_count`, labels)).toBe(5);
    expect(total(samples, `${duration}_bucket`, { ...labels, le: '30' })).toBe(5);
    expect(total(samples, `${duration}_sum`, labels)).toBeGreaterThan(0);
    expect(total(samples, `${duration}_sum`, labels)).toBeLessThan(30);
    // The request for the metrics is the only one in progress.
    expect(total(samples, 'http_requests_in_flight')).toBe(1);
    expect(total(samples, 'build_info', { node: process.version, newest_microversion: '2.103' })).toBe(1);
  });

  it('no metric has a label whose values clients can choose', async () => {
    const service = workplace.launch();
    const sendAll = async (round: string): Promise<void> => {
      const headers = { 'X-Auth-Token': 'demo-tenant' };
      await sendRequest(service, headers, `/v2.1/servers/${round}/os-instance-actions/${round}`);
      await sendRequest(service, headers, `/v2.1/${round}`);
      await sendRequest(service, headers, `/${round}`);
      await sendRequest(service, headers, `/docs/${round}`);
      await sendRequest(service, { 'X-Auth-Token': round });
      await sendRequest(service, {
        ...headers,
        'OpenStack-API-Version': `compute 2.${9_000 + Number(round)}`,
      });
      await sendRequest(service, { ...headers, 'OpenStack-API-Version': `compute ${round}` });
      await sendRequest(service, headers, EXAMPLE_PATH, ['PROPFIND', 'MKCOL', 'LOCK'][Number(round) % 3]);
    };
    for (const round of ['0', '1']) await sendAll(round);
    const before = await samplesOf(service);
    for (let round = 2; round < 12; round += 1) await sendAll(String(round));
    const after = await samplesOf(service);
    const series = (samples: readonly Sample[]): string[] =>
      samples
        .filter(({ name }) => name.includes('http_'))
        .map((one) => JSON.stringify([one.name, one.labels]));
    expect(series(after).filter((one) => !one.includes('/metrics'))).toEqual(
      series(before).filter((one) => !one.includes('/metrics')),
    );
    expect(total(after, 'http_requests_total', { microversion: 'other', status: '406' })).toBe(12);
    expect(total(after, 'http_requests_total', { method: 'other' })).toBe(12);
    expect(total(after, 'http_requests_total', { route: 'unmatched' })).toBeGreaterThanOrEqual(24);
    const labels = after.map((one) => [one.name, one.labels]);
    expect(JSON.stringify(labels)).not.toMatch(/86cf2416|453265|35746|demo-/);
  });

  it('invalid input counts as one request', async () => {
    const service = workplace.launch();
    const counted = async (): Promise<number> =>
      total(await samplesOf(service), 'http_requests_total', { status: '400', method: 'other' });
    expect(await counted()).toBe(0);
    (await sendBytes(service, 'rubbish\r\n\r\n')).destroySoon();
    await until(async () => (await counted()) > 0, 'the request is counted');
    expect(await counted()).toBe(1);
  });

  it('requests do not count as in progress after the client has closed the connection', async () => {
    // This nova-api never responds.
    const nova = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(nova, 'listening');
    const UPSTREAM_NOVA_URL = `http://127.0.0.1:${(nova.address() as AddressInfo).port}`;
    const service = workplace.launch({ UPSTREAM_NOVA_URL, TOKENS_FILE: DEMO_TOKENS });
    await service.url();
    const request = 'GET /v2.1/flavors HTTP/1.1\r\nHost: x\r\n\r\n';
    const clients = await Promise.all(Array.from({ length: 5 }, () => sendBytes(service, request.repeat(3))));
    await until(
      async () => total(await samplesOf(service), 'http_requests_in_flight') === 16,
      'all requests are in progress',
    );
    for (const client of clients) client.destroy();
    await until(
      async () => total(await samplesOf(service), 'http_requests_in_flight') === 1,
      'no other request is in progress',
    );
    expect(total(await samplesOf(service), 'http_requests_total', { status: '499' })).toBe(15);
    nova.closeAllConnections();
    nova.close();
  });

  it('requests that a facade forwards count for the route "upstream"', async () => {
    const nova = new FakeNova();
    const service = workplace.launch({ UPSTREAM_NOVA_URL: await nova.start(), TOKENS_FILE: DEMO_TOKENS });
    for (const path of ['/v2.1/flavors', '/', '/v2.1/servers']) await sendRequest(service, {}, path);
    await sendRequest(service, {}, `${LIST}/x`, 'DELETE');
    const samples = await samplesOf(service);
    expect(total(samples, 'http_requests_total', { route: 'upstream', status: '200' })).toBe(4);
    expect(nova.requests).toHaveLength(4);
    await nova.stop();
  });
});

describe('METRICS=false', () => {
  it('with METRICS=false, a request for /metrics gets the same response as an unknown path', async () => {
    const service = workplace.launch({ METRICS: 'false' });
    expect((await sendRequest(service, {}, '/metrics')).status).toBe(300);
    expect((await service.get('demo-tenant')).status).toBe(200);
  });
});

describe('metrics of tokens and databases', () => {
  let keystone: FakeKeystone;
  let database: PrivateMariaDb;
  let service: ServiceProcess;

  const keep = closeAfterAll();

  beforeAll(async () => {
    database = keep(await privateMariaDb());
    keystone = keep(new FakeKeystone());
    await keystone.start();
    keystone.tokens.set('known', {});
    keystone.tokens.set('admin', { roles: ['admin', 'member', 'reader'] });
  });

  beforeEach(async () => {
    service = workplace.launch({
      DATABASE_URL: await database.createDatabase('below'),
      OS_AUTH_URL: keystone.url,
      OS_USERNAME: 'u',
      OS_PASSWORD: keystone.password,
      OS_PROJECT_NAME: 'p',
      KEYSTONE_TIMEOUT: '1500',
    });
    await service.url();
  });

  it('metrics count token lookups by result and requests to Keystone by outcome', async () => {
    for (const token of ['known', 'known', 'known', 'wrong', 'wrong']) await service.get(token);
    const samples = await samplesOf(service);
    const lookups = ['hit', 'miss', 'unknown'].map((result) =>
      total(samples, 'token_lookups_total', { result }),
    );
    expect(lookups).toEqual([2, 2, 1]);
    const call = 'keystone_call_duration_seconds_count';
    const calls = [
      { query: 'discovery', outcome: '300' },
      { query: 'sign_in', outcome: '201' },
      { query: 'validation', outcome: '200' },
      { query: 'validation', outcome: '404' },
    ].map((labels) => total(samples, call, labels));
    expect(calls).toEqual([1, 1, 1, 1]);
    for (const [outcome, misbehave] of [
      ['500', (response) => response.writeHead(500).end()],
      ['413', (response) => response.writeHead(413).end()],
      ['malformed', (response) => response.writeHead(200).end('{')],
      ['unreachable', (response) => response.destroy()],
      ['timeout', () => undefined],
    ] satisfies [string, FakeKeystone['misbehave']][]) {
      keystone.misbehave = misbehave;
      expect((await service.get(`another-${outcome}`)).status).toBe(503);
      await until(
        async () => total(await samplesOf(service), call, { outcome }) === 1,
        `${outcome} is counted`,
      );
    }
    keystone.misbehave = undefined;
  });

  it('metrics show if the database is up, the number of its connections, and the duration of queries', async () => {
    expect((await service.get('known')).status).toBe(404);
    let before: readonly Sample[] = [];
    // The indexer briefly uses a connection every half second.
    await until(async () => {
      before = await samplesOf(service);
      return total(before, 'database_connections', { state: 'in_use' }) === 0;
    }, 'no connection is in use');
    expect(total(before, 'database_up', { database: 'database' })).toBe(1);
    expect(total(before, 'database_connections', { state: 'idle' })).toBeGreaterThan(0);
    const count = 'database_query_duration_seconds_count';
    expect(total(before, count, { database: 'database', outcome: 'answered' })).toBeGreaterThan(0);
    expect(total(before, count, { outcome: 'failed' })).toBe(0);
    // The pool has ten connections, and the 14 requests each need one. So four queries wait, and perhaps one of the
    // indexer.
    const showsWaiting = async (): Promise<boolean> => {
      database.pause();
      const requests = Promise.all(
        Array.from({ length: 14 }, () => service.get('admin', '/v2.1/os-migrations')),
      ).then(() => false);
      const check = async (): Promise<boolean> => {
        const samples = await samplesOf(service);
        const inUse = total(samples, 'database_connections', { database: 'database', state: 'in_use' });
        return inUse === 10 && total(samples, 'database_waiting', { database: 'database' }) >= 4;
      };
      // The requests fail after DATABASE_TIMEOUT. If the metrics do not show the waiting queries before that, `until`
      // sends the requests again.
      const found = await Promise.race([
        until(check, 'at least four queries wait').then(() => true),
        requests,
      ]);
      database.resume();
      await requests;
      await until(async () => (await service.get('known')).status === 404, 'the service responds again');
      return found;
    };
    await until(showsWaiting, 'ten connections are in use, and at least four queries wait');
    await database.kill();
    expect((await service.get('known')).status).toBe(503);
    const after = await samplesOf(service);
    expect(total(after, 'database_up')).toBe(0);
    expect(total(after, count, { outcome: 'failed' })).toBeGreaterThan(0);
    await database.start();
    await until(async () => total(await samplesOf(service), 'database_up') === 1, 'the database is up again');
  });

  it('metrics show the state of the policy files', async () => {
    await workplace.file('policy.yaml', 'rubbish: [');
    await until(
      async () => total(await samplesOf(service), 'policy_files_refused') === 1,
      'the policy files are rejected',
    );
    await workplace.file('policy.yaml', '{}\n');
    await until(
      async () => total(await samplesOf(service), 'policy_files_refused') === 0,
      'the policy files are accepted',
    );
    const samples = await samplesOf(service);
    const outcomes = ['accepted', 'rejected'].map((outcome) =>
      total(samples, 'policy_reloads_total', { outcome }),
    );
    expect(outcomes).toEqual([1, 1]);
  });
});

describe('several workers', () => {
  it('each of several workers returns the totals of all workers, even of a worker that has exited', async () => {
    const service = workplace.launch({ WORKERS: '3' });
    await until(async () => total(await samplesOf(service), 'processes') === 3, 'three workers serve');
    const requests = async (): Promise<number> =>
      total(await samplesOf(service), 'http_requests_total', { route: SHOW_ROUTE });
    for (let count = 0; count < 30; count += 1) await service.get('demo-tenant');
    // If a worker does not report in time, the totals contain its older values. So the test may need several attempts.
    await until(async () => (await requests()) === 30, 'all requests are counted');
    expect(await Promise.all(Array.from({ length: 9 }, requests))).toEqual(Array(9).fill(30));
    const last = service.children.at(-1) ?? 0;
    process.kill(last, 'SIGKILL');
    await until(
      // The request for the metrics fails if the parent process has passed its connection to the killed worker.
      async () => total(await samplesOf(service).catch(() => []), 'workers_ended_total') === 1,
      'the exit of the worker is counted',
    );
    expect(await requests()).toBe(30);
    await until(async () => total(await samplesOf(service), 'processes') === 3, 'a new worker serves');
    for (let count = 0; count < 30; count += 1) await service.get('demo-tenant');
    await until(async () => (await requests()) === 60, 'all requests are counted');
  });

  it('several workers return the totals of all workers while one worker hangs', async () => {
    const service = workplace.launch({ WORKERS: '2' });
    await until(async () => total(await samplesOf(service), 'processes') === 2, 'two workers serve');
    const last = service.children.at(-1) ?? 0;
    process.kill(last, 'SIGSTOP');
    try {
      // Several connections are necessary, because the parent process distributes them over the workers. The stopped
      // worker does not respond on its connections.
      const asked = Array.from({ length: 6 }, () => samplesOf(service));
      const samples = await Promise.any(asked);
      expect(total(samples, 'processes')).toBe(2);
      process.kill(last, 'SIGCONT');
      await Promise.all(asked);
    } finally {
      process.kill(last, 'SIGCONT');
    }
  });
});
