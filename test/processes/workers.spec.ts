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
  }, 'there are three workers, and each serves requests');
  return service;
}

describe('several workers', () => {
  it('several workers share one port and one new store, and the address is logged once', async () => {
    const service = await launched();
    const answers = await Promise.all(Array.from({ length: 12 }, () => service.get('demo-tenant')));
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(service.stdout.match(/listens on/g)).toHaveLength(1);
    expect(service.stderr).toBe('');
  });

  it('workers that exit are replaced', async () => {
    const service = await launched();
    // The test kills the last worker. The first worker must continue to run, because it keeps the shared port open.
    const last = service.children.at(-1) ?? 0;
    process.kill(last, 'SIGKILL');
    await until(
      () => !service.children.includes(last) && service.children.length === 3,
      'a new worker replaces it',
    );
    expect((await service.get('demo-tenant')).status).toBe(200);
    expect(service.stderr).toMatch(/^a worker exited \(SIGKILL\); a new worker replaces it\n$/);
  });

  it('if a worker is killed while a connection is being passed to it, that connection is closed at once', async () => {
    const service = await launched();
    const [stopped = 0] = service.children;
    process.kill(stopped, 'SIGSTOP');
    const url = await service.url();
    const clients = await Promise.all(Array.from({ length: 6 }, () => WireClient.connect(url)));
    for (const client of clients) client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await until(
      () => clients.filter(({ text }) => text !== '').length === 5,
      'all clients except one have a response',
    );
    process.kill(stopped, 'SIGKILL');
    const last = clients.find(({ text }) => text === '');
    // The connection closes without a response, because no worker has processed the request.
    expect(await last?.answer()).toMatchObject({ line: '', error: 'ECONNRESET' });
  });

  it('workers that do not respond are killed and replaced, and no client waits for such a worker', async () => {
    const service = await launched({ WORKER_TIMEOUT: '5', OPERATIONS_PORT: '0' });
    const operations = await service.operationsUrl();
    const [stopped = 0] = service.children;
    process.kill(stopped, 'SIGSTOP');
    const clients: WireClient[] = [];
    // With six connections to each port, the parent process passes one connection for each port to the stopped worker.
    for (const url of [await service.url(), operations]) {
      for (let client = 0; client < 6; client += 1) clients.push(await WireClient.connect(url));
    }
    for (const client of clients) client.send('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const answers = await Promise.all(clients.map((client) => client.answer()));
    expect(answers.filter(({ line }) => line !== '')).toHaveLength(10);
    expect(answers.filter(({ error }) => error === 'ECONNRESET')).toHaveLength(2);
    await until(() => service.stderr !== '', 'the parent process reports the worker');
    await until(() => !isRunning(stopped) && service.children.length === 3, 'a new worker replaces it');
    expect(service.stderr).toBe(
      'a worker did not respond for 5 seconds or more and was killed; a new worker replaces it\n',
    );
  });

  it('if no worker responds, all workers are replaced, one after the other', async () => {
    const service = await launched({ WORKER_TIMEOUT: '3' });
    const stopped = service.children;
    for (const pid of stopped) process.kill(pid, 'SIGSTOP');
    // The test waits until no old worker is left. As long as the parent process has not detected the exit of an old
    // worker, it still passes connections to that worker.
    const areReplaced = (): boolean =>
      service.children.length === stopped.length && !service.children.some((pid) => stopped.includes(pid));
    await until(areReplaced, 'all workers are replaced');
    expect((await service.get('demo-tenant')).status).toBe(200);
  });

  it('workers are not killed if the parent process was stopped for longer than WORKER_TIMEOUT', async () => {
    const service = await launched({ WORKER_TIMEOUT: '2' });
    const before = service.children;
    service.signal('SIGSTOP');
    await sleep(3_500);
    service.signal('SIGCONT');
    await sleep(1_500);
    expect(service.children).toEqual(before);
    expect(service.stderr).toBe('');
  });

  it('workers that do not exit in time are killed, and the service exits with code 1', async () => {
    const service = await launched({ SHUTDOWN_TIMEOUT: '0' });
    const workers = service.children;
    process.kill(workers[0] ?? 0, 'SIGSTOP');
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(1);
    expect(service.stderr).toBe('nova-action-log kills 1 workers that did not exit in time\n');
    await until(() => workers.every((worker) => !isRunning(worker)), 'all workers exit');
  });

  it('workers that are stopped by SIGSTOP are killed when the parent process exits on a second signal', async () => {
    const service = await launched();
    const workers = service.children;
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    service.signal('SIGTERM');
    await sleep(100);
    service.signal('SIGTERM');
    expect(await service.exited()).toBe(1);
    await until(() => workers.every((worker) => !isRunning(worker)), 'all workers exit');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'workers ignore %s, and shut down gracefully when the parent process receives this signal',
    async (signal) => {
      const service = await launched();
      for (const worker of service.children) process.kill(worker, signal);
      await sleep(200);
      expect((await service.get('demo-tenant')).status).toBe(200);
      service.signal(signal);
      expect(await service.exited()).toBe(0);
    },
  );

  describe('with a request in progress', () => {
    let server: PrivateMariaDb;
    let service: ServiceProcess;
    let response: Promise<ReceivedAnswer>;

    beforeEach(async () => {
      server = await privateMariaDb();
      const DATABASE_URL = await server.createDatabase('actions');
      const instances = [{ id: 1, uuid: SERVER, project_id: '453265', deleted: 0 }];
      await fillStore(DATABASE_URL, { instances });
      service = await launched({ DATABASE_URL, TOKENS_FILE: DEMO_TOKENS });
      expect((await service.get('demo-tenant', ACTIONS)).status).toBe(200);
      server.pause();
      response = service.get('demo-tenant', ACTIONS);
      await sleep(200);
      service.signal('SIGTERM');
      await sleep(200);
    });

    afterEach(() => server.stop());

    it('workers finish a request in progress before they exit', async () => {
      server.resume();
      expect(await response).toMatchObject({ status: 200, body: '{"instanceActions":[]}' });
      expect(await service.exited()).toBe(0);
    });

    it('workers with a request in progress exit at once on a second signal', async () => {
      const workers = service.children;
      const cut = expect(response).rejects.toThrow();
      service.signal('SIGTERM');
      expect(await service.exited()).toBe(1);
      await cut;
      await until(() => workers.every((worker) => !isRunning(worker)), 'all workers exit');
    });
  });

  it('workers close new connections while each worker has MAX_CONNECTIONS connections', async () => {
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
    // The first worker receives all connections until the second worker accepts requests.
    await until(async () => {
      await connect();
      await sleep(50);
      return open() === 4;
    }, 'both workers have their maximum');
    for (let more = 0; more < 4; more += 1) await connect();
    await until(() => open() === 4, 'the other connections are closed');
    for (const client of isClosed.keys()) client.close();
    await until(
      async () => (await service.get('demo-tenant').catch(() => undefined))?.status === 200,
      'a new connection is served',
    );
  });

  it('workers exit if their parent process is killed', async () => {
    const service = await launched();
    const workers = service.children;
    await service.kill();
    await until(() => workers.every((worker) => !isRunning(worker)), 'all workers exit');
  });

  it('workers with an invalid setting make the service exit with a one-line error', async () => {
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
