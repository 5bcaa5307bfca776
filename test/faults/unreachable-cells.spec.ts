import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadFixture } from '../conformance/cases.js';
import { BUSY_MACHINE_MARGIN, medianWithin } from '../support/time/in-time.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { type CellName, createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { Relay } from '../support/http/relay.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The maximum response time while a database is unreachable, in milliseconds. */
const MAX_RESPONSE_TIME = 2_000 + BUSY_MACHINE_MARGIN;
/** The maximum response time after the service has detected that a database is unreachable, in milliseconds. */
const IMMEDIATE = 1_000;
/** The time within which the service must recover, in milliseconds. */
const RECOVERY_TIMEOUT = 60_000;

/** For each cell: the label of a server in this cell, and a user who may read this server. */
const IN_CELL: Readonly<Record<CellName, readonly [label: string, persona: string]>> = {
  cell0: ['cell0', 'admin'],
  cell1: ['seed', 'tenant'],
  cell2: ['many', 'alice'],
};

let server: PrivateMariaDb;
let databases: NovaDatabases;
let relays: Readonly<Record<'api' | 'cell1' | 'cell2', Relay>>;
let service: RunningService;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await privateMariaDb());
  databases = await createNovaDatabases(server);
  await databases.fill(loadFixture());
  const port = Number(new URL(databases.adminUrl('nova_api')).port);
  relays = { api: await Relay.to(port), cell1: await Relay.to(port), cell2: await Relay.to(port) };
  const api = await createConnection(databases.adminUrl('nova_api'));
  for (const cell of ['cell1', 'cell2'] as const) {
    await api.query('UPDATE cell_mappings SET database_connection = ? WHERE uuid = ?', [
      through(relays[cell], databases.cells[cell].url),
      databases.cells[cell].uuid,
    ]);
  }
  await api.end();
  service = keep(
    await startService({
      NOVA_API_DATABASE_URL: through(relays.api, databases.apiUrl),
      ...DEFAULT_TIMEOUTS,
    }),
  );
});

/** Checks after each fault that the service recovers without a restart. */
afterEach(async () => {
  for (const relay of Object.values(relays)) await relay.resume();
  for (const cell of ['cell0', 'cell1', 'cell2'] as const) await untilAnswered(cell);
});

function through(relay: Relay, url: string): string {
  return url.replace(/:\d+\//, `:${relay.port}/`);
}

interface TimedAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly retryAfter: string | null;
  readonly ms: number;
}

async function request(label: string, persona: string): Promise<TimedAnswer> {
  const [uuid = ''] = loadFixture().labels[label] ?? [];
  const at = performance.now();
  const answer = await fetch(`${service.url}/v2.1/servers/${uuid}/os-instance-actions`, {
    headers: { 'X-Auth-Token': personaTokens[persona] ?? '' },
  });
  const body: unknown = await answer.json();
  const retryAfter = answer.headers.get('retry-after');
  return { status: answer.status, body, retryAfter, ms: performance.now() - at };
}

function requestIn(cell: CellName): Promise<TimedAnswer> {
  return request(...IN_CELL[cell]);
}

function expectUnavailable(answer: TimedAnswer, within: number): void {
  const message = 'The service is temporarily unable to answer. Please try again later.';
  expect(answer).toMatchObject({ status: 503, body: { serviceUnavailable: { code: 503, message } } });
  expect(answer.retryAfter).toMatch(/^[1-9]\d*$/);
  expect(answer.ms).toBeLessThan(within);
}

async function untilAnswered(cell: CellName): Promise<void> {
  const until = Date.now() + RECOVERY_TIMEOUT;
  for (;;) {
    const answer = await requestIn(cell);
    if (answer.status === 200) return;
    expectUnavailable(answer, MAX_RESPONSE_TIME);
    if (Date.now() > until) throw new Error(`${cell} has not recovered within ${RECOVERY_TIMEOUT} ms`);
    await sleep(100);
  }
}

const failures: readonly (readonly [string, (relay: Relay) => void | Promise<void>])[] = [
  ['rejects connections', (relay) => relay.refuse()],
  [
    'does not respond',
    (relay) => {
      relay.fallSilent();
    },
  ],
];

describe.each(failures)('a cell that %s', (_how, fail) => {
  it('the service returns 503 for servers in an unreachable cell (at once after the first request), and 200 for servers in other cells', async () => {
    await fail(relays.cell2);
    const [first, other] = await Promise.all([
      requestIn('cell2'),
      medianWithin(IMMEDIATE, () => requestIn('cell1')),
    ]);
    expectUnavailable(first, MAX_RESPONSE_TIME);
    expect(other).toMatchObject({ status: 200 });
    for (let round = 0; round < 3; round += 1) {
      expectUnavailable(await medianWithin(IMMEDIATE, () => requestIn('cell2')), IMMEDIATE);
      expect((await requestIn('cell1')).status).toBe(200);
      await sleep(300);
    }
  });

  it('many requests for servers in an unreachable cell do not block the connections to other cells', async () => {
    await fail(relays.cell2);
    const waiting = Array.from({ length: 60 }, () => requestIn('cell2'));
    const others = await Promise.all(Array.from({ length: 30 }, () => requestIn('cell1')));
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]));
    // The limit is higher than in other tests, because the test itself needs time to send and read 90 requests at once.
    for (const answer of await Promise.all(waiting)) expectUnavailable(answer, 3 * MAX_RESPONSE_TIME);
  });

  it('the service returns 503 for a server in an unreachable cell even to callers of other projects', async () => {
    await fail(relays.cell2);
    // The caller belongs to another project, so the response must not reveal that the server exists.
    expectUnavailable(await request('many', 'bob'), MAX_RESPONSE_TIME);
  });
});

describe.each(failures)('an API database that %s', (_how, fail) => {
  it('while the API database is unreachable, the service returns 200 for servers whose cell is cached, and 503 for other servers', async () => {
    const known = await requestIn('cell1');
    await fail(relays.api);
    const [first, unknown] = await Promise.all([requestIn('cell1'), request('other', 'bob')]);
    expect(first.ms).toBeLessThan(MAX_RESPONSE_TIME);
    expect(first).toMatchObject({ status: 200, body: known.body });
    expectUnavailable(unknown, MAX_RESPONSE_TIME);
    const later = await medianWithin(IMMEDIATE, () => requestIn('cell1'));
    expect(later).toMatchObject({ status: 200, body: known.body });
    expectUnavailable(await medianWithin(IMMEDIATE, () => request('other', 'bob')), IMMEDIATE);
    // The cell's database is reachable. There the service reads that the server belongs to another project.
    expect((await request('seed', 'bob')).status).toBe(404);
  });

  it('while the API database is unreachable, the service returns 503 for a server that migrates to another cell', async () => {
    expect((await requestIn('cell1')).status).toBe(200);
    const cell = await createConnection(databases.adminUrl('cell1'));
    try {
      await cell.query('UPDATE instances SET hidden = 1');
      await fail(relays.api);
      expectUnavailable(await requestIn('cell1'), MAX_RESPONSE_TIME);
    } finally {
      await cell.query('UPDATE instances SET hidden = 0');
      await cell.end();
    }
  });
});
