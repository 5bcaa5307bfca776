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

// The workers start once for all tests, because the start takes a long time. Each test uses its own tokens.
beforeAll(async () => {
  keystone = new FakeKeystone();
  workplace = await WorkingFolder.create();
  // A service that uses Keystone does not insert the example rows itself, so the migration inserts them.
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
  await until(() => service.children.length === WORKERS, 'all workers have started');
  await until(async () => (await signedInWorkers()) >= WORKERS, 'all workers have signed in');
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

/** The field in Keystone's description of a token that limits the token to the project of the example server. */
const PROJECT = { project: { id: '453265', name: 'p', domain: { id: 'default', name: 'Default' } } };

/**
 * Makes all workers sign in at Keystone, which each worker does before its first validation.
 *
 * @returns the number of sign-ins so far
 */
async function signedInWorkers(): Promise<number> {
  await burst(`warm-${Math.random()}`, WORKERS);
  const tokens = Array.from({ length: WORKERS * 2 }, () => `warm-${Math.random()}`);
  await Promise.all(tokens.map((token) => service.get(token)));
  return keystone.signIns;
}

/**
 * Sends requests with the same token at the same time, each over its own connection. The workers accept the connections
 * in turn.
 *
 * @returns the statuses of the responses
 */
async function burst(token: string, size: number): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: size }, () => service.get(token)));
  return answers.map(({ status }) => status);
}

function validationsOf(token: string): number {
  return keystone.validations.filter((each) => each.token === token).length;
}

/** Returns the process id of the worker whose connection to Keystone has this local port. */
function workerAt(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  const inode = lines.find(([, address]) => address?.endsWith(local))?.[9];
  const holds = (pid: number): boolean =>
    readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
  const worker = service.children.find(holds);
  if (worker === undefined) throw new Error(`no worker has a connection from port ${port}`);
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
  it('several workers validate a new token only once for all of them, and all cache the verdict', async () => {
    keystone.delay = 100;
    expect(await burst('herd', 40)).toEqual(Array(40).fill(200));
    expect(await burst('herd', 20)).toEqual(Array(20).fill(200));
    expect(validationsOf('herd')).toBe(1);
  });

  it('several workers send only one validation of a token that Keystone does not know', async () => {
    keystone.delay = 100;
    expect(await burst('unknown', 40)).toEqual(Array(40).fill(401));
    expect(await burst('unknown', 20)).toEqual(Array(20).fill(401));
    expect(validationsOf('unknown')).toBe(1);
  });

  it('several workers return 503 to all waiting requests if Keystone fails, and validate the token for the next request', async () => {
    keystone.misbehave = (response) => setTimeout(() => response.writeHead(500).end(), 500);
    expect(new Set(await burst('failed', 20))).toEqual(new Set([503]));
    expect(validationsOf('failed')).toBeLessThan(WORKERS);
    keystone.misbehave = undefined;
    expect(await burst('failed', 20)).toEqual(Array(20).fill(200));
  });

  it('several workers validate a token separately while the parent process is stopped by SIGSTOP', async () => {
    const agents = Array.from({ length: WORKERS }, () => new Agent({ connections: 1 }));
    const statusFor = async (dispatcher: Agent, token: string): Promise<number> => {
      const url = `${await service.url()}${EXAMPLE_PATH}`;
      const { statusCode, body } = await request(url, { dispatcher, headers: { 'X-Auth-Token': token } });
      await body.dump();
      return statusCode;
    };
    const allStatuses = (token: string) => Promise.all(agents.map((agent) => statusFor(agent, token)));
    try {
      expect(await allStatuses('first')).toEqual(Array(WORKERS).fill(200));
      // The parent process is stopped. Each worker still serves its open connection.
      service.signal('SIGSTOP');
      expect(await allStatuses('alone')).toEqual(Array(WORKERS).fill(200));
      expect(validationsOf('alone')).toBe(WORKERS);
    } finally {
      service.signal('SIGCONT');
      await Promise.all(agents.map((agent) => agent.destroy()));
    }
    expect(await burst('alone', 10)).toEqual(Array(10).fill(200));
  });

  it('another worker validates a token if the worker that validates it is killed', async () => {
    let port: number | undefined;
    keystone.misbehave = (response) => {
      port = response.socket?.remotePort;
      keystone.misbehave = undefined;
    };
    const answers = Promise.allSettled(Array.from({ length: 20 }, () => service.get('killed')));
    await until(() => port !== undefined, 'a worker sends a validation to Keystone');
    // By then, the other requests have reached the workers, which wait for the result of the validation.
    await sleep(200);
    process.kill(workerAt(port ?? 0), 'SIGKILL');
    const statuses = (await answers).map((answer) =>
      answer.status === 'fulfilled' ? answer.value.status : 'closed',
    );
    // Only the connections of the killed worker close. The requests to other workers succeed.
    expect(statuses).toContain(200);
    expect(statuses.every((status) => status === 200 || status === 'closed')).toBe(true);
    expect(validationsOf('killed')).toBe(2);
  });
});
