import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { FakeKeystone } from '../support/keystone/fake.js';
import { EXAMPLE_PATH, type ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { until } from '../support/time/until.js';

const WORKERS = 3;

let keystone: FakeKeystone;
let workplace: WorkingFolder;
let service: ServiceProcess;

// Started once, for it takes long: each test has tokens of its own.
beforeAll(async () => {
  keystone = new FakeKeystone();
  workplace = await WorkingFolder.create();
  // With Keystone a new store is empty.
  await workplace.launch({}, { program: 'migrate.js', options: ['--example'] }).exited();
  service = workplace.launch({
    WORKERS: String(WORKERS),
    OS_AUTH_URL: await keystone.start(),
    OS_USERNAME: 'nova-action-log',
    OS_PASSWORD: keystone.password,
    OS_PROJECT_NAME: 'service',
    KEYSTONE_TIMEOUT: '10000',
  });
  await service.url();
  await until(() => service.children.length === WORKERS, 'all workers are there');
  await until(async () => (await workersThatAnswer()) >= WORKERS, 'all workers serve');
  for (const name of NAMES) keystone.tokens.set(name, { scope: PROJECT });
});

afterEach(() => {
  keystone.delay = 0;
  keystone.misbehave = undefined;
});

afterAll(async () => {
  await workplace.remove();
  await keystone.stop();
});

const NAMES = ['herd', 'failed', 'first', 'alone', 'killed'];

/** The project of the example server. */
const PROJECT = { project: { id: '453265', name: 'p', domain: { id: 'default', name: 'Default' } } };

/** Each worker signs in when it asks Keystone for the first time. @returns how many have done so */
async function workersThatAnswer(): Promise<number> {
  await burst(`warm-${Math.random()}`, WORKERS);
  const tokens = Array.from({ length: WORKERS * 2 }, () => `warm-${Math.random()}`);
  await Promise.all(tokens.map((token) => service.get(token)));
  return keystone.signIns;
}

/** Asks over as many connections, which the workers get in turn. @returns the statuses */
async function burst(token: string, size: number): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: size }, () => service.get(token)));
  return answers.map(({ status }) => status);
}

function questionsAbout(token: string): number {
  return keystone.validations.filter((each) => each.token === token).length;
}

/** The worker at the other end of a connection to Keystone, by its port. */
function workerAt(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const inode = lines.find(([, address]) => address?.endsWith(local))?.[9];
  const holds = (pid: number): boolean =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  const worker = service.children.find(holds);
  if (worker === undefined) throw new Error(`no worker has the port ${port}`);
  return worker;
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

describe('several workers', () => {
  it('several workers ask Keystone once about a new token, and all remember its answer', async () => {
    keystone.delay = 100;
    expect(await burst('herd', 40)).toEqual(Array(40).fill(200));
    expect(await burst('herd', 20)).toEqual(Array(20).fill(200));
    expect(questionsAbout('herd')).toBe(1);
  });

  it('several workers ask Keystone once about a token that it does not know', async () => {
    keystone.delay = 100;
    expect(await burst('unknown', 40)).toEqual(Array(40).fill(401));
    expect(await burst('unknown', 20)).toEqual(Array(20).fill(401));
    expect(questionsAbout('unknown')).toBe(1);
  });

  it('several workers refuse the requests that wait when Keystone fails, and ask again for the next request', async () => {
    keystone.misbehave = (response) => setTimeout(() => response.writeHead(500).end(), 500);
    expect(new Set(await burst('failed', 20))).toEqual(new Set([503]));
    expect(questionsAbout('failed')).toBeLessThan(WORKERS);
    keystone.misbehave = undefined;
    expect(await burst('failed', 20)).toEqual(Array(20).fill(200));
  });

  it('several workers ask Keystone themselves while their parent process is stopped', async () => {
    const agents = Array.from({ length: WORKERS }, () => new Agent({ connections: 1 }));
    const ask = async (dispatcher: Agent, token: string): Promise<number> => {
      const url = `${await service.url()}${EXAMPLE_PATH}`;
      const { statusCode, body } = await request(url, { dispatcher, headers: { 'X-Auth-Token': token } });
      await body.dump();
      return statusCode;
    };
    const askAll = (token: string) => Promise.all(agents.map((agent) => ask(agent, token)));
    try {
      expect(await askAll('first')).toEqual(Array(WORKERS).fill(200));
      // Each connection stays with its worker, which goes on alone.
      service.signal('SIGSTOP');
      expect(await askAll('alone')).toEqual(Array(WORKERS).fill(200));
      expect(questionsAbout('alone')).toBe(WORKERS);
    } finally {
      service.signal('SIGCONT');
      await Promise.all(agents.map((agent) => agent.destroy()));
    }
    expect(await burst('alone', 10)).toEqual(Array(10).fill(200));
  });

  it('another worker asks Keystone when the worker that asks is killed', async () => {
    let port: number | undefined;
    keystone.misbehave = (response) => {
      port = response.socket?.remotePort;
      keystone.misbehave = undefined;
    };
    const answers = Promise.allSettled(Array.from({ length: 20 }, () => service.get('killed')));
    await until(() => port !== undefined, 'a worker asks');
    // Let the others reach the workers that wait.
    await sleep(200);
    process.kill(workerAt(port ?? 0), 'SIGKILL');
    const statuses = (await answers).map((answer) =>
      answer.status === 'fulfilled' ? answer.value.status : 'cut',
    );
    // Only the connections of the killed worker are cut.
    expect(statuses).toContain(200);
    expect(statuses.every((status) => status === 200 || status === 'cut')).toBe(true);
    expect(questionsAbout('killed')).toBe(2);
  });
});
