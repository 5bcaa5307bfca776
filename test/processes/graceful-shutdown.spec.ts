import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { SteadyLoad } from '../support/load/steady.js';
import { until } from '../support/time/until.js';
import { WireClient } from '../support/http/wire-client.js';

const CONNECTIONS = 200;

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

/** Starts to send requests continuously, and waits until all connections are in use. */
async function loaded(service: ServiceProcess, goesOn: () => boolean): Promise<SteadyLoad> {
  const { body } = await service.get('demo-tenant');
  const url = (await service.url()) + EXAMPLE_PATH;
  const load = new SteadyLoad(url, 'demo-tenant', body, CONNECTIONS, goesOn);
  await until(() => load.counts.correct > 3 * CONNECTIONS, 'all connections are in use');
  return load;
}

describe.each([
  ['one process', '1'],
  ['two workers', '2'],
])('with 200 connections under load, %s', (_what, WORKERS) => {
  it('a service that shuts down responds to every request in flight, and sends "Connection: close" on each connection', async () => {
    const service = workplace.launch({ WORKERS, LOG_LEVEL: 'error' });
    const load = await loaded(service, () => false);
    const before = load.counts.correct;
    service.signal('SIGTERM');
    const { correct, lastOnConnection, refused, wrong } = await load.end(false);
    expect(wrong).toEqual([]);
    expect({ lastOnConnection, refused }).toEqual({ lastOnConnection: CONNECTIONS, refused: 0 });
    expect(correct).toBeGreaterThanOrEqual(before + CONNECTIONS);
    expect(await service.exited()).toBe(0);
    expect(service.stderr).toBe('');
  });

  it('a service that shuts down serves new connections during SHUTDOWN_DELAY', async () => {
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
    }, 'the service reports that it is not ready');
    const { correct, lastOnConnection, refused, wrong } = await load.end(false);
    expect(wrong).toEqual([]);
    expect(refused).toBe(0);
    expect(lastOnConnection).toBeGreaterThanOrEqual(CONNECTIONS);
    expect(correct).toBeGreaterThan(lastOnConnection);
    expect(await service.exited()).toBe(0);
  });
});

describe('a service during SHUTDOWN_DELAY', () => {
  it('a service that shuts down fails the readiness check, passes the liveness check, and serves requests', async () => {
    const service = workplace.launch({ OPERATIONS_PORT: '0', SHUTDOWN_DELAY: '6' });
    const operations = await service.operationsUrl();
    const of = async (path: string): Promise<readonly [number, string]> => {
      const answer = await fetch(operations + path);
      return [answer.status, await answer.text()];
    };
    expect(await of('/health/ready')).toEqual([200, expect.stringContaining('"status":"ok"')]);
    service.signal('SIGTERM');
    await until(async () => (await of('/health/ready'))[0] === 503, 'the service is not ready');
    expect(await of('/health/ready')).toEqual([503, '{"status":"shutting_down","details":{}}']);
    expect(await of('/healthcheck')).toEqual([503, 'SHUTTING DOWN']);
    expect(await of('/health/live')).toEqual([200, '{"status":"ok","details":{}}']);
    const answer = await service.get('demo-tenant');
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await service.exited()).toBe(0);
  });

  it('a service that shuts down exits at once on a second signal', async () => {
    const service = workplace.launch({ SHUTDOWN_DELAY: '30' });
    await service.url();
    service.signal('SIGTERM');
    await sleep(200);
    expect(service.isRunning).toBe(true);
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(1);
  });
});

describe('a service whose HTTP server never closes', () => {
  it('a service that shuts down exits with code 1 if its HTTP server does not close in time', async () => {
    // With this code, `close()` of each HTTP server does nothing, so Node never reports that the server is closed.
    const broken =
      "import http from 'node:http'; http.Server.prototype.close = function () { return this; };";
    const service = workplace.launch({
      SHUTDOWN_TIMEOUT: '0',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
    });
    await service.url();
    await service.get('demo-tenant');
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toBe(
      'nova-action-log did not shut down in time: a connection or a pool did not close\n',
    );
  });
});

/** The service forwards requests to a simulated nova-api, so that the tests can delay a response. */
describe('a facade with a slow request in progress', () => {
  let nova: Server;
  let answer: () => void;

  beforeEach(async () => {
    const isDue = new Promise<void>((resolve) => (answer = resolve));
    nova = createServer((_request, response) => {
      response.flushHeaders();
      void isDue.then(() => response.end('whole'));
    }).listen(0, '127.0.0.1');
    await once(nova, 'listening');
  });

  afterEach(() => {
    nova.closeAllConnections();
    nova.close();
  });

  /**
   * Starts the service in front of a simulated nova-api, sends a request, and sends the service SIGTERM while the
   * request is in progress.
   */
  async function withRequest(SHUTDOWN_TIMEOUT: string): Promise<[ServiceProcess, WireClient]> {
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

  it('a service that shuts down waits for the response to a slow request and exits with code 0', async () => {
    const [service, client] = await withRequest('15');
    await sleep(2_500);
    expect(service.isRunning).toBe(true);
    answer();
    const { body, error } = await client.answer();
    expect([body, error]).toEqual(['5\r\nwhole\r\n0\r\n\r\n', undefined]);
    expect(await service.exited()).toBe(0);
  });

  it('a service that shuts down interrupts a response after SHUTDOWN_TIMEOUT, and logs the interruption', async () => {
    const [service, client] = await withRequest('1');
    expect(await service.exited()).toBe(0);
    expect((await client.answer()).body).not.toContain('whole');
    expect(service.stderr).toContain('nova-action-log shuts down with unfinished requests: 1\n');
  });
});
