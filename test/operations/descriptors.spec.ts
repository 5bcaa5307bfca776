import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { descriptorCount, limitDescriptors } from '../support/process/descriptors.js';
import { ManyConnections } from '../support/http/many-connections.js';
import type { Environment, ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { until } from '../support/time/until.js';
import { WireClient } from '../support/http/wire-client.js';

const ACTIONS = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

async function launch(
  WORKERS: string,
  before: readonly string[] = [],
  more: Environment = {},
): Promise<ServiceProcess> {
  const defaults = { WORKERS, HEADERS_TIMEOUT: '300', LOG_FORMAT: 'json' };
  const service = workplace.launch({ ...defaults, ...more }, { commandPrefix: before });
  await service.url();
  // The tests limit the file descriptors. A worker needs free descriptors to start, so wait until each worker has
  // logged a request.
  await until(async () => {
    await service.get('demo-tenant');
    return (
      new Set(service.log.filter(({ path }) => path !== undefined).map(({ pid }) => pid)).size ===
      Number(WORKERS)
    );
  }, 'all workers serve');
  return service;
}

/** Sends the requests one after the other over an open connection. @returns the start of each response */
async function statusesOver(client: WireClient, paths: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const before = client.text.length;
    client.send(`GET ${path} HTTP/1.1\r\nHost: x\r\nX-Auth-Token: demo-tenant\r\n\r\n`);
    await until(() => client.text.length > before, `the response to ${path}`);
    // The client receives the rest of the response during this time.
    await sleep(50);
    found.push(client.text.slice(before, before + 'HTTP/1.1 200'.length));
  }
  return found;
}

describe('a service without free file descriptors', () => {
  it.each(['1', '2'])(
    'without free file descriptors, the service serves the open connections, and serves new clients once others disconnect; with WORKERS=%s',
    async (workers) => {
      const service = await launch(workers);
      const url = await service.url();
      const serving = workers === '1' ? [service.pid] : service.children;
      const kept = await Promise.all(Array.from({ length: 4 }, () => WireClient.connect(url)));
      for (const client of kept) expect(await statusesOver(client, [ACTIONS])).toEqual(['HTTP/1.1 200']);
      const limits = new Map(serving.map((pid) => [pid, descriptorCount(pid) + 4]));
      for (const [pid, limit] of limits) limitDescriptors(pid, limit);
      const idle = new ManyConnections(url, 60);
      await until(
        () => serving.every((pid) => descriptorCount(pid) >= (limits.get(pid) ?? 0)),
        'no descriptor is left',
      );
      // This time is longer than the interval of the service's timers, which is one second.
      await sleep(1_500);
      const paths = ['/health/live', '/health/ready', '/healthcheck', '/metrics', '/docs', ACTIONS];
      for (const client of kept) {
        expect(await statusesOver(client, paths)).toEqual(paths.map(() => 'HTTP/1.1 200'));
      }
      idle.close();
      await until(
        async () => (await service.get('demo-tenant').catch(() => undefined))?.status === 200,
        'the service responds',
      );
      for (let count = 0; count < 8; count += 1) expect((await service.get('demo-tenant')).status).toBe(200);
      expect(service.stderr).toBe('');
      expect(workers === '1' ? [service.pid] : service.children).toEqual(serving);
      for (const client of kept) client.close();
    },
  );

  it('a service without free file descriptors replaces a worker once descriptors are free again', async () => {
    const service = await launch('2');
    // The first worker is not killed, because it keeps the shared port open.
    const worker = service.children.at(-1) ?? 0;
    limitDescriptors(service.pid, descriptorCount(service.pid) - 4);
    process.kill(worker, 'SIGKILL');
    await until(() => service.stderr.includes('cannot start a worker (spawn'), 'no worker can be started');
    limitDescriptors(service.pid, 1_000);
    await until(() => service.children.length === 2, 'the worker is replaced');
  });
});

describe('a service with few file descriptors', () => {
  it.each(['1', '2'])(
    'with few file descriptors, the service lowers MAX_CONNECTIONS and logs this once; with WORKERS=%s',
    async (workers) => {
      const service = await launch(workers, ['sh', '-c', 'ulimit -n 200; exec "$@"', 'sh']);
      const url = await service.url();
      const messages = service.log
        .map(({ msg }) => String(msg))
        .filter((text) => text.includes('MAX_CONNECTIONS'));
      expect(messages).toEqual([
        'MAX_CONNECTIONS 10000 is lowered to 100: a process may open 200 files (ulimit -n)',
      ]);
      const clients = ['127.0.0.1', '127.0.0.2', '127.0.0.3'].map(
        (from) => new ManyConnections(url, 150, from),
      );
      const open = (): number => clients.reduce((sum, client) => sum + client.open, 0);
      await until(() => open() <= 100 * Number(workers), 'the other connections are closed');
      for (const client of clients) client.close();
      await until(
        async () => (await service.get('demo-tenant').catch(() => undefined))?.status === 200,
        'the service responds',
      );
      expect(service.stderr).toBe('');
    },
  );
});

it('a process that was paused by SIGSTOP rejects no request when it continues', async () => {
  // An empty value means the default.
  const service = await launch('1', [], { MAX_EVENT_LOOP_DELAY: '' });
  expect((await service.get('demo-tenant')).status).toBe(200);
  service.signal('SIGSTOP');
  await sleep(2_500);
  service.signal('SIGCONT');
  const statuses = new Set<number>();
  for (const until = performance.now() + 1_500; performance.now() < until;) {
    statuses.add((await service.get('demo-tenant')).status);
  }
  expect([...statuses]).toEqual([200]);
});
