import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { fillWithExample, migrateOwnStore } from '../support/databases/own-store.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { BUSY } from '../support/time/in-time.js';
import { AS_SHIPPED } from '../support/time/patience.js';
import { Relay } from '../support/http/relay.js';
import { EXAMPLE_PATH, ServiceProcess } from '../support/process/process.js';
import { Workplace } from '../support/process/workplace.js';
import { endedAfterAll } from '../support/ended-after-all.js';

/** How long a caller waits at most for the answer that there is none, in milliseconds. */
const LIMIT_MS = 2_000 + BUSY;
/** Within which time the service has found the way back by itself, in milliseconds. */
const BACK_WITHIN_MS = 60_000;

const LIST_PATH = EXAMPLE_PATH.slice(0, EXAMPLE_PATH.lastIndexOf('/'));

let database: PrivateMariaDb;
let databaseUrl: string;
let workplace: Workplace;
let service: ServiceProcess;

const keep = endedAfterAll();

beforeAll(async () => {
  database = keep(await privateMariaDb());
  databaseUrl = await database.createDatabase('away');
  await migrateOwnStore(databaseUrl);
  await fillWithExample(databaseUrl);
  workplace = keep(await Workplace.create());
  service = workplace.launch({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'error', ...AS_SHIPPED });
  await service.url();
});

/** After each fault the same process answers as ever: nothing of it has ended or hung it. */
afterEach(async () => {
  await answersAgain();
  // Node ends a process at an unhandled rejection, and says so.
  expect(service.running).toBe(true);
  expect(service.stderr).not.toMatch(/unhandled|UnhandledPromise|uncaught/i);
});

describe('a database that was killed', () => {
  it('requests get 503 while a database is killed, and 200 when it is back', async () => {
    await database.kill();
    try {
      for (const path of [EXAMPLE_PATH, LIST_PATH]) expectAway(await timed(path));
      for (const answer of await together(20)) expectAway(answer);
    } finally {
      await database.start();
    }
    await answersAgain();
  });

  it('requests get 200 or 503 and nothing else when a database is killed in the middle of many', async () => {
    let over = false;
    const statuses = new Set<number>();
    const callers = Array.from({ length: 8 }, async () => {
      while (!over) {
        const answer = await timed();
        statuses.add(answer.status);
        if (answer.status !== 200) expectAway(answer);
      }
    });
    await sleep(500);
    await database.kill();
    await sleep(500);
    await database.start();
    await answersAgain();
    over = true;
    await Promise.all(callers);
    expect([...statuses].sort()).toEqual([200, 503]);
  });
});

describe('a database that hangs', () => {
  afterEach(() => {
    database.resume();
  });

  it('requests get 503 in time while a database hangs, and 200 when it responds again', async () => {
    await hang();
    for (const path of [EXAMPLE_PATH, LIST_PATH, EXAMPLE_PATH]) expectAway(await timed(path));
    for (const answer of await together(20)) expectAway(answer);
    database.resume();
    await answersAgain();
  });

  it('no request waits longer for a database that hangs when there are more callers than connections', async () => {
    await together(40);
    await hang();
    for (let round = 0; round < 3; round += 1) {
      for (const answer of await together(40)) expectAway(answer);
    }
    database.resume();
    await answersAgain();
    expect((await together(40)).map(({ status }) => status)).toEqual(Array<number>(40).fill(200));
  });

  it('answers that need no database are given while it hangs', async () => {
    await hang();
    const answers = await Promise.all([
      timed('/', ''),
      timed(EXAMPLE_PATH, 'nobody'),
      timed(EXAMPLE_PATH.replace(/86cf[^/]+/, 'no-id')),
    ]);
    database.resume();
    // A request that waited for the database would get 503.
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404]);
  });

  it('the service ends in time while a database hangs', async () => {
    const other = await Workplace.create();
    const ending = other.launch({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'error', ...AS_SHIPPED });
    expect((await ending.ask('demo-admin')).status).toBe(200);
    await hang();
    const waiting = ending.ask('demo-admin').catch(() => undefined);
    await sleep(100);
    ending.signal('SIGTERM');
    const code = await Promise.race([ending.ended(), sleep(3_000 + BUSY, 'still there')]);
    database.resume();
    await other.remove();
    await waiting;
    expect(code).toBe(0);
  });
});

describe('a database that is slow', () => {
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

  it('events from a slow database get 503, and views without them are given', async () => {
    await first.query('LOCK TABLES instance_actions_events WRITE');
    const [operator, tenant] = await Promise.all([timed(), timed(EXAMPLE_PATH, 'demo-tenant')]);
    expectAway(operator);
    expect(tenant.status).toBe(200);
  });

  it('the service waits for a slow database as long as DATABASE_TIMEOUT says', async () => {
    const other = await Workplace.create();
    const patient = other.launch({
      DATABASE_URL: databaseUrl,
      LOG_LEVEL: 'error',
      DATABASE_TIMEOUT: '60000',
    });
    try {
      expect((await timed(EXAMPLE_PATH, 'demo-admin', patient)).status).toBe(200);
      await first.query('LOCK TABLES instance_actions_events WRITE');
      const asked = timed(EXAMPLE_PATH, 'demo-admin', patient);
      // The service with the default gives up first.
      expectAway(await timed());
      await first.query('UNLOCK TABLES');
      expect((await asked).status).toBe(200);
    } finally {
      await other.remove();
    }
  });

  it('a request with several queries to a slow database is refused in the same time', async () => {
    await first.query('LOCK TABLES instances WRITE');
    await second.query('LOCK TABLES instance_actions WRITE');
    const asked = timed();
    await sleep(1_000);
    await first.query('UNLOCK TABLES');
    expectAway(await asked);
  });
});

describe('connections that went dead without a word', () => {
  it('connections that became dead without a reset are given up, as when another machine takes over the address', async () => {
    const relay = await Relay.to(Number(new URL(databaseUrl).port));
    const other = await Workplace.create();
    const url = new URL(databaseUrl);
    url.port = String(relay.port);
    const caller = other.launch({ DATABASE_URL: url.href, LOG_LEVEL: 'error', ...AS_SHIPPED });
    try {
      expect((await together(40, caller)).map(({ status }) => status)).toEqual(Array<number>(40).fill(200));
      relay.freeze();
      for (const answer of await together(40, caller)) if (answer.status !== 200) expectAway(answer);
      await answersAgain(caller);
    } finally {
      await other.remove();
      relay.close();
    }
  });
});

/** A stopped process goes on for a moment, until the last of its threads has noticed. */
async function hang(): Promise<void> {
  database.pause();
  await sleep(100);
}

interface TimedAnswer extends ReceivedAnswer {
  readonly ms: number;
}

async function timed(path = EXAMPLE_PATH, token = 'demo-admin', whom = service): Promise<TimedAnswer> {
  const at = performance.now();
  const answer = await whom.ask(token, path);
  return { ...answer, ms: performance.now() - at };
}

function together(count: number, whom = service): Promise<TimedAnswer[]> {
  return Promise.all(Array.from({ length: count }, () => timed(EXAMPLE_PATH, 'demo-admin', whom)));
}

/** The whole body is compared: it tells nothing of the database, its address or what it said. */
function expectAway({ status, headers, body, ms }: TimedAnswer): void {
  expect(status).toBe(503);
  const message = 'The service is temporarily unable to answer. Please try again later.';
  expect(body).toBe(JSON.stringify({ serviceUnavailable: { code: 503, message } }));
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8');
  expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(headers.get('x-openstack-request-id')).toMatch(/^req-/);
  expect([...headers.values()].join()).not.toMatch(/127\.0\.0\.1|tester|mysql|maria/i);
  expect(ms).toBeLessThanOrEqual(LIMIT_MS);
}

async function answersAgain(whom = service): Promise<void> {
  const until = Date.now() + BACK_WITHIN_MS;
  for (;;) {
    const answer = await timed(EXAMPLE_PATH, 'demo-admin', whom);
    if (answer.status === 200) return;
    expectAway(answer);
    if (Date.now() > until) throw new Error(`no answer for ${BACK_WITHIN_MS} ms`);
    await sleep(100);
  }
}
