import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_TOKENS, Workplace } from '../support/process/workplace.js';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { SteadyLoad } from '../support/load/steady.js';
import { until } from '../support/time/until.js';
import { WireClient } from '../support/http/wire-client.js';

const CONNECTIONS = 200;

let workplace: Workplace;

beforeEach(async () => {
  workplace = await Workplace.create();
});

afterEach(() => workplace.remove());

/** Starts the load, and waits until all connections are in use. */
async function loaded(service: ServiceProcess, goesOn: () => boolean): Promise<SteadyLoad> {
  const { body } = await service.ask('demo-tenant');
  const url = (await service.url()) + EXAMPLE_PATH;
  const load = new SteadyLoad(url, 'demo-tenant', body, CONNECTIONS, goesOn);
  await until(() => load.counts.right > 3 * CONNECTIONS, 'all connections are in use');
  return load;
}

describe.each([
  ['one process', '1'],
  ['two workers', '2'],
])('with 200 connections under load, %s', (_what, WORKERS) => {
  it('a stopping service answers every request that was sent, and announces the end of each connection', async () => {
    const service = workplace.launch({ WORKERS, LOG_LEVEL: 'error' });
    const load = await loaded(service, () => false);
    const before = load.counts.right;
    service.signal('SIGTERM');
    const { right, farewells, refused, wrong } = await load.end(false);
    expect(wrong).toEqual([]);
    expect({ farewells, refused }).toEqual({ farewells: CONNECTIONS, refused: 0 });
    expect(right).toBeGreaterThanOrEqual(before + CONNECTIONS);
    expect(await service.ended()).toBe(0);
    expect(service.stderr).toBe('');
  });

  it('a stopping service answers new connections until clients use other replicas', async () => {
    const service = workplace.launch({
      WORKERS,
      LOG_LEVEL: 'error',
      OPERATIONS_PORT: '0',
      SHUTDOWN_DELAY: '6',
    });
    const operations = await service.operationsUrl();
    let isReady = true;
    const load = await loaded(service, () => isReady);
    service.signal('SIGTERM');
    await until(async () => {
      isReady = (await fetch(`${operations}/health/ready`)).ok;
      return !isReady;
    }, 'the service says that it is not ready');
    const { right, farewells, refused, wrong } = await load.end(false);
    expect(wrong).toEqual([]);
    expect(refused).toBe(0);
    expect(farewells).toBeGreaterThanOrEqual(CONNECTIONS);
    expect(right).toBeGreaterThan(farewells);
    expect(await service.ended()).toBe(0);
  });
});

describe('after SIGTERM and before it stops listening, the service', () => {
  it('a stopping service reports that it is not ready but alive, and answers requests', async () => {
    const service = workplace.launch({ OPERATIONS_PORT: '0', SHUTDOWN_DELAY: '6' });
    const operations = await service.operationsUrl();
    const of = async (path: string): Promise<readonly [number, string]> => {
      const answer = await fetch(operations + path);
      return [answer.status, await answer.text()];
    };
    expect(await of('/health/ready')).toEqual([200, expect.stringContaining('"status":"ok"')]);
    service.signal('SIGTERM');
    await until(async () => (await of('/health/ready'))[0] === 503, 'it is not ready');
    expect(await of('/health/ready')).toEqual([503, '{"status":"shutting_down","details":{}}']);
    expect(await of('/healthcheck')).toEqual([503, 'SHUTTING DOWN']);
    expect(await of('/health/live')).toEqual([200, '{"status":"ok","details":{}}']);
    const answer = await service.ask('demo-tenant');
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await service.ended()).toBe(0);
  });

  it('a stopping service ends at once on a second signal', async () => {
    const service = workplace.launch({ SHUTDOWN_DELAY: '30' });
    await service.url();
    service.signal('SIGTERM');
    await sleep(200);
    expect(service.running).toBe(true);
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(1);
  });
});

describe('a service whose server never closes', () => {
  it('a stopping service exits with code 1 when its server does not close in time', async () => {
    // Node then never says that the server is closed.
    const broken =
      "import http from 'node:http'; http.Server.prototype.close = function () { return this; };";
    const service = workplace.launch({
      SHUTDOWN_TIMEOUT: '0',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
    });
    await service.url();
    await service.ask('demo-tenant');
    service.signal('SIGTERM');
    expect(await service.ended()).toBe(1);
    expect(service.stderr).toBe(
      'nova-action-log did not shut down in time: a connection or a pool did not close\n',
    );
  });
});

/** A facade, because nova-api may take any time for an answer. */
describe('after SIGTERM with a slow request in progress, a facade', () => {
  let nova: Server;
  let answer: () => void;

  beforeEach(async () => {
    const asked = new Promise<void>((resolve) => (answer = resolve));
    nova = createServer((_request, response) => {
      response.flushHeaders();
      void asked.then(() => response.end('whole'));
    }).listen(0, '127.0.0.1');
    await once(nova, 'listening');
  });

  afterEach(() => {
    nova.closeAllConnections();
    nova.close();
  });

  async function asking(SHUTDOWN_TIMEOUT: string): Promise<[ServiceProcess, WireClient]> {
    const { port } = nova.address() as AddressInfo;
    const service = workplace.launch({
      UPSTREAM_NOVA_URL: `http://127.0.0.1:${port}`,
      TOKENS_FILE: DEMO_TOKENS,
      SHUTDOWN_TIMEOUT,
    });
    const client = await WireClient.connect(await service.url());
    client.send('GET /v2.1/servers HTTP/1.1\r\nHost: nova.example.org\r\n\r\n');
    await client.receive('\r\n\r\n');
    service.signal('SIGTERM');
    return [service, client];
  }

  it('a stopping service waits for the response to a slow request and exits with code 0', async () => {
    const [service, client] = await asking('15');
    await sleep(2_500);
    expect(service.running).toBe(true);
    answer();
    const { body, error } = await client.answer();
    expect([body, error]).toEqual(['5\r\nwhole\r\n0\r\n\r\n', undefined]);
    expect(await service.ended()).toBe(0);
  });

  it('a stopping service cuts the response after SHUTDOWN_TIMEOUT, and says so', async () => {
    const [service, client] = await asking('1');
    expect(await service.ended()).toBe(0);
    expect((await client.answer()).body).not.toContain('whole');
    expect(service.stderr).toContain('nova-action-log shuts down with unfinished requests: 1\n');
  });
});
