import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { fillWithExample, migrateOwnStore } from '../support/databases/own-store.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { BUSY_MACHINE_MARGIN } from '../support/time/in-time.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { Relay } from '../support/http/relay.js';
import { EXAMPLE_PATH, ServiceProcess } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The maximum response time while the database is unreachable, in milliseconds. */
const MAX_RESPONSE_TIME = 2_000 + BUSY_MACHINE_MARGIN;
/** The time within which the service must recover, in milliseconds. */
const RECOVERY_TIMEOUT = 60_000;

const LIST_PATH = EXAMPLE_PATH.slice(0, EXAMPLE_PATH.lastIndexOf('/'));

let database: PrivateMariaDb;
let databaseUrl: string;
let workplace: WorkingFolder;
let service: ServiceProcess;

const keep = closeAfterAll();

beforeAll(async () => {
  database = keep(await privateMariaDb());
  databaseUrl = await database.createDatabase('away');
  await migrateOwnStore(databaseUrl);
  await fillWithExample(databaseUrl);
  workplace = keep(await WorkingFolder.create());
  service = workplace.launch({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'error', ...DEFAULT_TIMEOUTS });
  await service.url();
});

/** Checks after each fault that the same process serves requests again. */
afterEach(async () => {
  await untilAnswered();
  // Node prints one of the words below before it exits because of an unhandled error.
  expect(service.isRunning).toBe(true);
  expect(service.stderr).not.toMatch(/unhandled|UnhandledPromise|uncaught/i);
});

describe('a killed database', () => {
  it('the service returns 503 after the database is killed, and 200 when it is back', async () => {
    await database.kill();
    try {
      for (const path of [EXAMPLE_PATH, LIST_PATH]) expectUnavailable(await timed(path));
      for (const answer of await together(20)) expectUnavailable(answer);
    } finally {
      await database.start();
    }
    await untilAnswered();
  });

  it('concurrent requests get only 200 or 503 while the database is killed and restarted', async () => {
    let over = false;
    const statuses = new Set<number>();
    const callers = Array.from({ length: 8 }, async () => {
      while (!over) {
        const answer = await timed();
        statuses.add(answer.status);
        if (answer.status !== 200) expectUnavailable(answer);
      }
    });
    await sleep(500);
    await database.kill();
    await sleep(500);
    await database.start();
    await untilAnswered();
    over = true;
    await Promise.all(callers);
    expect([...statuses].sort()).toEqual([200, 503]);
  });
});

describe('a hanging database', () => {
  afterEach(() => {
    database.resume();
  });

  it('the service returns 503 within the time limit while the database hangs, and 200 when the database responds again', async () => {
    await hang();
    for (const path of [EXAMPLE_PATH, LIST_PATH, EXAMPLE_PATH]) expectUnavailable(await timed(path));
    for (const answer of await together(20)) expectUnavailable(answer);
    database.resume();
    await untilAnswered();
  });

  it('a hanging database delays no request beyond the time limit, even if there are more callers than database connections', async () => {
    await together(40);
    await hang();
    for (let round = 0; round < 3; round += 1) {
      for (const answer of await together(40)) expectUnavailable(answer);
    }
    database.resume();
    await untilAnswered();
    expect((await together(40)).map(({ status }) => status)).toEqual(Array<number>(40).fill(200));
  });

  it('while the database hangs, the service still sends the responses that need no database', async () => {
    await hang();
    const answers = await Promise.all([
      timed('/', ''),
      timed(EXAMPLE_PATH, 'nobody'),
      timed(EXAMPLE_PATH.replace(/86cf[^/]+/, 'no-id')),
    ]);
    database.resume();
    // None of these requests reads the database. Otherwise it would get 503.
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
  });

  it('the service shuts down within the time limit while the database hangs', async () => {
    const other = await WorkingFolder.create();
    const ending = other.launch({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'error', ...DEFAULT_TIMEOUTS });
    expect((await ending.get('demo-admin')).status).toBe(200);
    await hang();
    const waiting = ending.get('demo-admin').catch(() => undefined);
    await sleep(100);
    ending.signal('SIGTERM');
    const code = await Promise.race([ending.exited(), sleep(3_000 + BUSY_MACHINE_MARGIN, 'still running')]);
    database.resume();
    await other.remove();
    await waiting;
    expect(code).toBe(0);
  });
});

describe('a slow database', () => {
  let first: Connection;
  let second: Connection;

  beforeAll(async () => {
    [first, second] = [await createConnection(databaseUrl), await createConnection(databaseUrl)];
  });

  afterEach(async () => {
    await first.query('UNLOCK TABLES');
    await second.query('UNLOCK TABLES');
  });

  afterAll(async () => {
    await first.end();
    await second.end();
  });

  it('while the table of events is locked, the service returns 503 to callers who may see events, and 200 to other callers', async () => {
    await first.query('LOCK TABLES instance_actions_events WRITE');
    const [operator, tenant] = await Promise.all([timed(), timed(EXAMPLE_PATH, 'demo-tenant')]);
    expectUnavailable(operator);
    expect(tenant.status).toBe(200);
  });

  it('the service waits for a slow database for up to DATABASE_TIMEOUT', async () => {
    const other = await WorkingFolder.create();
    const patient = other.launch({
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'error',
      DATABASE_TIMEOUT: '60000',
    });
    try {
      expect((await timed(EXAMPLE_PATH, 'demo-admin', patient)).status).toBe(200);
      await first.query('LOCK TABLES instance_actions_events WRITE');
      const pending = timed(EXAMPLE_PATH, 'demo-admin', patient);
      // This request goes to the service with the default DATABASE_TIMEOUT, which is over before the table is unlocked.
      expectUnavailable(await timed());
      await first.query('UNLOCK TABLES');
      expect((await pending).status).toBe(200);
    } finally {
      await other.remove();
    }
  });

  it('a request with several slow queries gets 503 within the time limit of a single query', async () => {
    await first.query('LOCK TABLES instances WRITE');
    await second.query('LOCK TABLES instance_actions WRITE');
    const pending = timed();
    await sleep(1_000);
    await first.query('UNLOCK TABLES');
    expectUnavailable(await pending);
  });
});

describe('silently lost connections', () => {
  it('the service replaces connections that were lost without a reset, as when another machine takes over the address', async () => {
    const relay = await Relay.to(Number(new URL(databaseUrl).port));
    const other = await WorkingFolder.create();
    const url = new URL(databaseUrl);
    url.port = String(relay.port);
    const caller = other.launch({ DATABASE_URL: url.href, LOG_LEVEL: 'error', ...DEFAULT_TIMEOUTS });
    try {
      expect((await together(40, caller)).map(({ status }) => status)).toEqual(Array<number>(40).fill(200));
      relay.freeze();
      for (const answer of await together(40, caller)) if (answer.status !== 200) expectUnavailable(answer);
      await untilAnswered(caller);
    } finally {
      await other.remove();
      relay.close();
    }
  });
});

/** Stops the process of the database with SIGSTOP, and waits until all of its threads have stopped. */
async function hang(): Promise<void> {
  database.pause();
  await sleep(100);
}

interface TimedAnswer extends ReceivedAnswer {
  readonly ms: number;
}

async function timed(path = EXAMPLE_PATH, token = 'demo-admin', whom = service): Promise<TimedAnswer> {
  const at = performance.now();
  const answer = await whom.get(token, path);
  return { ...answer, ms: performance.now() - at };
}

function together(count: number, whom = service): Promise<TimedAnswer[]> {
  return Promise.all(Array.from({ length: count }, () => timed(EXAMPLE_PATH, 'demo-admin', whom)));
}

/** Compares the whole body, which must not reveal the address or the error message of the database. */
function expectUnavailable({ status, headers, body, ms }: TimedAnswer): void {
  expect(status).toBe(503);
  const message = 'The service is temporarily unable to answer. Please try again later.';
  expect(body).toBe(JSON.stringify({ serviceUnavailable: { code: 503, message } }));
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8');
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(headers.get('x-openstack-request-id')).toMatch(/^req-/);
  expect([...headers.values()].join()).not.toMatch(/127\.0\.0\.1|tester|mysql|maria/i);
  expect(ms).toBeLessThanOrEqual(MAX_RESPONSE_TIME);
}

async function untilAnswered(whom = service): Promise<void> {
  const until = Date.now() + RECOVERY_TIMEOUT;
  for (;;) {
    const answer = await timed(EXAMPLE_PATH, 'demo-admin', whom);
    if (answer.status === 200) return;
    expectUnavailable(answer);
    if (Date.now() > until) throw new Error(`no recovery within ${RECOVERY_TIMEOUT} ms`);
    await sleep(100);
  }
}
