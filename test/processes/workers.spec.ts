import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { DEMO_TOKENS, WorkingFolder } from '../support/process/working-folder.js';
import type { ServiceProcess } from '../support/process/process.js';
import { fillStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { WireClient } from '../support/http/wire-client.js';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const ACTIONS = `/v2.1/servers/${SERVER}/os-instance-actions`;

let workplace: WorkingFolder;

beforeEach(async () => {
  workplace = await WorkingFolder.create();
});

afterEach(() => workplace.remove());

async function launched(environment: Record<string, string> = {}): Promise<ServiceProcess> {
  const service = workplace.launch({ WORKERS: '3', ...environment });
  await until(async () => {
    await service.get('demo-tenant');
    const answering = service.log.filter(({ logger }) => logger === 'Access').map(({ pid }) => pid);
    return new Set(answering).size === 3;
  }, 'there are three workers, and each answers');
  return service;
}

describe('several workers', () => {
  it('several workers share one port and one new store, and log once where they listen', async () => {
    const service = await launched();
    const answers = await Promise.all(Array.from({ length: 12 }, () => service.get('demo-tenant')));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(service.stdout.match(/listens on/g)).toHaveLength(1);
    expect(service.stderr).toBe('');
  });

  it('workers that end by themselves are replaced', async () => {
    const service = await launched();
    // Not the first, which keeps the port.
    const last = service.children.at(-1) ?? 0;
    process.kill(last, 'SIGKILL');
    await until(
      () => !service.children.includes(last) && service.children.length === 3,
      'another one takes its place',
    );
    expect((await service.get('demo-tenant')).status).toBe(200);
    expect(service.stderr).toMatch(/^a worker ended \(SIGKILL\); another one takes its place\n$/);
  });

  it('a client does not wait if its connection was on its way to a worker that is killed', async () => {
    const service = await launched();
    const [stopped = 0] = service.children;
    process.kill(stopped, 'SIGSTOP');
    const url = await service.url();
    const clients = await Promise.all(Array.from({ length: 6 }, () => WireClient.connect(url)));
    for (const client of clients) client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await until(() => clients.filter(({ text }) => text !== '').length === 5, 'all but one are answered');
    process.kill(stopped, 'SIGKILL');
    const last = clients.find(({ text }) => text === '');
    // It was not served, and is told so by the end of the connection.
    expect(await last?.answer()).toMatchObject({ line: '', error: 'ECONNRESET' });
  });

  it('workers that do not answer are killed and replaced, and no client waits for them', async () => {
    const service = await launched({ WORKER_TIMEOUT: '5', OPERATIONS_PORT: '0' });
    const operations = await service.operationsUrl();
    const [stopped = 0] = service.children;
    process.kill(stopped, 'SIGSTOP');
    const clients: WireClient[] = [];
    // One connection to each port is on its way to the worker that is stopped.
    for (const url of [await service.url(), operations]) {
      for (let client = 0; client < 6; client += 1) clients.push(await WireClient.connect(url));
    }
    for (const client of clients) client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(answers.filter(({ line }) => line !== '')).toHaveLength(10);
    expect(answers.filter(({ error }) => error === 'ECONNRESET')).toHaveLength(2);
    await until(() => !isRunning(stopped) && service.children.length === 3, 'another one takes its place');
    expect(service.stderr).toBe(
      'a worker did not answer for 5 seconds or more and was killed; another one takes its place\n',
    );
  });

  it('workers are all replaced, one after the other, when none of them answers', async () => {
    const service = await launched({ WORKER_TIMEOUT: '3' });
    const stopped = service.children;
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    // Until the parent knows that a worker is dead, it still hands connections to it.
    const areReplaced = (): boolean =>
      service.children.length === stopped.length && !service.children.some((pid) => stopped.includes(pid));
    await until(areReplaced, 'all of them are replaced');
    expect((await service.get('demo-tenant')).status).toBe(200);
  });

  it('workers live on when their parent was stopped for longer than they may be silent', async () => {
    const service = await launched({ WORKER_TIMEOUT: '2' });
    const before = service.children;
    service.signal('SIGSTOP');
    await sleep(3_500);
    service.signal('SIGCONT');
    await sleep(1_500);
    expect(service.children).toEqual(before);
    expect(service.stderr).toBe('');
  });

  it('workers that do not end are killed, and the exit code says so', async () => {
    const service = await launched({ SHUTDOWN_TIMEOUT: '0' });
    const workers = service.children;
    process.kill(workers[0] ?? 0, 'SIGSTOP');
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toBe('nova-action-log kills 1 workers that do not end\n');
    await until(() => workers.every((worker) => !isRunning(worker)), 'all workers end');
  });

  it('workers that are stopped do not outlive a parent that ends at once', async () => {
    const service = await launched();
    const workers = service.children;
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    service.signal('SIGTERM');
    await sleep(100);
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(1);
    await until(() => workers.every((worker) => !isRunning(worker)), 'all workers end');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'workers end in order on %s, whichever process gets the signal',
    async (signal) => {
      const service = await launched();
      for (const worker of service.children) process.kill(worker, signal);
      await sleep(200);
      expect((await service.get('demo-tenant')).status).toBe(200);
      service.signal(signal);
      expect(await service.exited()).toBe(0);
    },
  );

  describe('with a request under way', () => {
    let server: PrivateMariaDb;
    let service: ServiceProcess;
    let asked: Promise<ReceivedAnswer>;

    beforeEach(async () => {
      server = await privateMariaDb();
      const DATABASE_URL = await server.createDatabase('actions');
      const instances = [{ id: 1, uuid: SERVER, project_id: '453265', deleted: 0 }];
      await fillStore(DATABASE_URL, { instances });
      service = await launched({ DATABASE_URL, TOKENS_FILE: DEMO_TOKENS });
      expect((await service.get('demo-tenant', ACTIONS)).status).toBe(200);
      server.pause();
      asked = service.get('demo-tenant', ACTIONS);
      await sleep(200);
      service.signal('SIGTERM');
      await sleep(200);
    });

    afterEach(() => server.stop());

    it('workers finish a request in progress before they end', async () => {
      server.resume();
      expect(await asked).toMatchObject({ status: 200, body: '{"instanceActions":[]}' });
      expect(await service.exited()).toBe(0);
    });

    it('workers with a request in progress end at once on a second signal', async () => {
      const workers = service.children;
      const cut = expect(asked).rejects.toThrow();
      service.signal('SIGTERM');
      expect(await service.exited()).toBe(1);
      await cut;
      await until(() => workers.every((worker) => !isRunning(worker)), 'all workers end');
    });
  });

  it('workers close new connections while each has as many as it may have', async () => {
    const service = workplace.launch({ WORKERS: '2', MAX_CONNECTIONS: '2', HEADERS_TIMEOUT: '300' });
    const url = await service.url();
    await until(() => service.children.length === 2, 'there are two workers');
    const isClosed = new Map<WireClient, boolean>();
    const connect = async (): Promise<void> => {
      const client = await WireClient.connect(url);
      isClosed.set(client, false);
      client.socket.once('close', () => isClosed.set(client, true));
    };
    const open = (): number => [...isClosed.values()].filter((closed) => !closed).length;
    // Until the second one serves, the first one is given all.
    await until(async () => {
      await connect();
      await sleep(50);
      return open() === 4;
    }, 'both are full');
    for (let more = 0; more < 4; more += 1) await connect();
    await until(() => open() === 4, 'the others are closed');
    for (const client of isClosed.keys()) client.close();
    await until(
      async () => (await service.get('demo-tenant').catch(() => undefined))?.status === 200,
      'there is room',
    );
  });

  it('workers do not outlive their parent process', async () => {
    const service = await launched();
    const workers = service.children;
    await service.kill();
    await until(() => workers.every((worker) => !isRunning(worker)), 'all workers end');
  });

  it('workers end with one line where a setting is bad', async () => {
    const service = workplace.launch({ WORKERS: '3', TOKENS_FILE: '/missing' });
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toMatch(/^nova-action-log cannot start: [^\n]*\n$/);
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
