import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadFixture } from '../conformance/cases.js';
import { BUSY, soon } from '../support/time/in-time.js';
import { type PrivateMariaDb, privateMariaDb } from '../support/databases/mariadb.js';
import { type CellName, createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { AS_SHIPPED } from '../support/time/patience.js';
import { Relay } from '../support/http/relay.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { endedAfterAll } from '../support/ended-after-all.js';

/** How long a caller waits at most for the answer that there is none, in milliseconds. */
const FIRST_WITHIN = 2_000 + BUSY;
/** And once it is known that there is none: well before anybody has waited for it. */
const AT_ONCE = 1_000;
/** Within which time the way back is found, in milliseconds. */
const BACK_WITHIN = 60_000;

/** A server of each cell, with an owner. */
const IN_CELL: Readonly<Record<CellName, readonly [label: string, persona: string]>> = {
  cell0: ['cell0', 'admin'],
  cell1: ['seed', 'tenant'],
  cell2: ['many', 'alice'],
};

let server: PrivateMariaDb;
let databases: NovaDatabases;
let relays: Readonly<Record<'api' | 'cell1' | 'cell2', Relay>>;
let service: RunningService;

const keep = endedAfterAll();

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
      ...AS_SHIPPED,
    }),
  );
});

/** After each fault all is well by itself. */
afterEach(async () => {
  for (const relay of Object.values(relays)) await relay.resume();
  for (const cell of ['cell0', 'cell1', 'cell2'] as const) await answersAgain(cell);
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

async function ask(label: string, persona: string): Promise<TimedAnswer> {
  const [uuid = ''] = loadFixture().labels[label] ?? [];
  const at = performance.now();
  const answer = await fetch(`${service.url}/v2.1/servers/${uuid}/os-instance-actions`, {
    headers: { 'X-Auth-Token': personaTokens[persona] ?? '' },
  });
  const body: unknown = await answer.json();
  const retryAfter = answer.headers.get('retry-after');
  return { status: answer.status, body, retryAfter, ms: performance.now() - at };
}

function askIn(cell: CellName): Promise<TimedAnswer> {
  return ask(...IN_CELL[cell]);
}

function expectAway(answer: TimedAnswer, within: number): void {
  const message = 'The service is temporarily unable to answer. Please try again later.';
  expect(answer).toMatchObject({ status: 503, body: { serviceUnavailable: { code: 503, message } } });
  expect(answer.retryAfter).toMatch(/^[1-9]\d*$/);
  expect(answer.ms).toBeLessThan(within);
}

async function answersAgain(cell: CellName): Promise<void> {
  const until = Date.now() + BACK_WITHIN;
  for (;;) {
    const answer = await askIn(cell);
    if (answer.status === 200) return;
    expectAway(answer, FIRST_WITHIN);
    if (Date.now() > until) throw new Error(`${cell} does not answer for ${BACK_WITHIN} ms`);
    await sleep(100);
  }
}

const waysToGo: readonly (readonly [string, (relay: Relay) => void | Promise<void>])[] = [
  ['refuses connections', (relay) => relay.refuse()],
  [
    'does not respond',
    (relay) => {
      relay.fallSilent();
    },
  ],
];

describe.each(waysToGo)('a cell that %s', (_how, go) => {
  it('requests for servers in an unreachable cell get 503, in time and then at once, and servers in other cells are returned', async () => {
    await go(relays.cell2);
    const [first, other] = await Promise.all([askIn('cell2'), soon(AT_ONCE, () => askIn('cell1'))]);
    expectAway(first, FIRST_WITHIN);
    expect(other).toMatchObject({ status: 200 });
    for (let round = 0; round < 3; round += 1) {
      expectAway(await soon(AT_ONCE, () => askIn('cell2')), AT_ONCE);
      expect((await askIn('cell1')).status).toBe(200);
      await sleep(300);
    }
  });

  it('an unreachable cell does not use up the connections that other cells need, however many requests need it', async () => {
    await go(relays.cell2);
    const waiting = Array.from({ length: 60 }, () => askIn('cell2'));
    const others = await Promise.all(Array.from({ length: 30 }, () => askIn('cell1')));
    expect(new Set(others.map(({ status }) => status))).toEqual(new Set([200]));
    // So many at once take their time to be sent and read, too.
    for (const answer of await Promise.all(waiting)) expectAway(answer, 3 * FIRST_WITHIN);
  });

  it('an unreachable cell does not change which callers know a server', async () => {
    await go(relays.cell2);
    // A stranger learns no more than an owner: not even that there is such a server.
    expectAway(await ask('many', 'bob'), FIRST_WITHIN);
  });
});

describe.each(waysToGo)('an API database that %s', (_how, go) => {
  it('servers whose cell is known are returned while the API database is unreachable, and others get 503', async () => {
    const known = await askIn('cell1');
    await go(relays.api);
    const [first, unknown] = await Promise.all([askIn('cell1'), ask('other', 'bob')]);
    expect(first.ms).toBeLessThan(FIRST_WITHIN);
    expect(first).toMatchObject({ status: 200, body: known.body });
    expectAway(unknown, FIRST_WITHIN);
    const later = await soon(AT_ONCE, () => askIn('cell1'));
    expect(later).toMatchObject({ status: 200, body: known.body });
    expectAway(await soon(AT_ONCE, () => ask('other', 'bob')), AT_ONCE);
    // Whose it is is still asked of the cell.
    expect((await ask('seed', 'bob')).status).toBe(404);
  });

  it('a server on its way to another cell gets 503 while the API database is unreachable', async () => {
    expect((await askIn('cell1')).status).toBe(200);
    const cell = await createConnection(databases.adminUrl('cell1'));
    try {
      await cell.query('UPDATE instances SET hidden = 1');
      await go(relays.api);
      expectAway(await askIn('cell1'), FIRST_WITHIN);
    } finally {
      await cell.query('UPDATE instances SET hidden = 0');
      await cell.end();
    }
  });
});
