import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadFixture } from '../conformance/cases.js';
import { BUSY_MACHINE_MARGIN, medianWithin } from '../support/time/in-time.js';
import { type MariaDbServer, mariaDb } from '../support/databases/mariadb.js';
import { fillWithFixture } from '../support/databases/recorded-store.js';
import { Relay } from '../support/http/relay.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The maximum response time while the service changes to another database host, in milliseconds. */
const MAX_SWITCH_TIME = 1_000 + BUSY_MACHINE_MARGIN;
/** The maximum response time of a request that does not wait for an unreachable host, in milliseconds. */
const IMMEDIATE = 800;

let server: MariaDbServer;
let storeUrl: string;
let first: Relay;
let second: Relay;
let service: RunningService;

const keep = closeAfterAll();

beforeAll(async () => {
  server = keep(await mariaDb());
  storeUrl = await server.createDatabase('hosts');
  keep(() => server.dropDatabase(storeUrl));
  await fillWithFixture(storeUrl);
  const { port } = new URL(storeUrl);
  first = keep(await Relay.to(Number(port || '3306')));
  second = keep(await Relay.to(Number(port || '3306')));
  // After the first host has failed, this limit leaves enough time to query the second host on a busy machine.
  service = keep(await startService({ DATABASE_URL: onBoth(first, second), DATABASE_TIMEOUT: '7200' }));
});

afterEach(async () => {
  await first.resume();
  await second.resume();
  await until(() => answersFrom(first), 'the first host is used again');
});

function onBoth(one: Relay, other: Relay): string {
  return storeUrl.replace(/@[^/]*\//, `@127.0.0.1:${one.port},127.0.0.1:${other.port}/`);
}

async function request(whom = service): Promise<{ status: number; ms: number }> {
  const [uuid = ''] = loadFixture().labels['seed'] ?? [];
  const at = performance.now();
  const answer = await fetch(`${whom.url}/v2.1/servers/${uuid}/os-instance-actions`, {
    headers: { 'X-Auth-Token': personaTokens['tenant'] ?? '' },
  });
  await answer.text();
  return { status: answer.status, ms: performance.now() - at };
}

async function expectAnswer(): Promise<{ ms: number }> {
  const answer = await request();
  expect(answer.status).toBe(200);
  return answer;
}

/**
 * Returns true if the service reads from the host behind this relay for the next request. Call this while no other
 * request is in progress. The bytes of a probe also count, so the other host must send nothing.
 */
async function answersFrom(relay: Relay): Promise<boolean> {
  const other = relay === first ? second : first;
  const before = { relay: relay.bytes, other: other.bytes };
  const { status } = await request();
  return status === 200 && relay.bytes > before.relay && other.bytes === before.other;
}

describe.each<readonly [string, (relay: Relay) => void | Promise<void>]>([
  ['rejects connections', (relay) => relay.refuse()],
  [
    'does not respond',
    (relay) => {
      relay.fallSilent();
    },
  ],
])('several database hosts of which one %s', (_how, fail) => {
  it('the service switches to another database host within a second, and switches back when the first host has recovered', async () => {
    expect(await answersFrom(first)).toBe(true);
    await fail(first);
    const answers = await Promise.all(Array.from({ length: 30 }, () => request()));
    for (const { status, ms } of answers) {
      expect(status).toBe(200);
      expect(ms).toBeLessThan(MAX_SWITCH_TIME);
    }
    await medianWithin(IMMEDIATE, expectAnswer);
    expect(await answersFrom(second)).toBe(true);
  });

  it('no request fails while one of several database hosts fails and recovers', async () => {
    let over = false;
    const statuses = new Set<number>();
    const callers = Array.from({ length: 4 }, async () => {
      while (!over) statuses.add((await request()).status);
    });
    await sleep(200);
    const bytes = second.bytes;
    await fail(first);
    await until(() => second.bytes > bytes, 'the second host responds');
    await first.resume();
    await until(() => answersFrom(first), 'the first host is used again');
    over = true;
    await Promise.all(callers);
    expect([...statuses]).toEqual([200]);
  });

  it('the failure of a database host that the service does not use delays no request', async () => {
    await fail(second);
    await medianWithin(IMMEDIATE, expectAnswer);
    expect(await answersFrom(first)).toBe(true);
  });

  it('the service returns 503 if all database hosts fail, and 200 after one of them has recovered', async () => {
    await Promise.all([fail(first), fail(second)]);
    expect((await request()).status).toBe(503);
    expect((await request()).status).toBe(503);
    await second.resume();
    await until(async () => (await request()).status === 200, 'the second host is used again');
  });
});

describe('a starting service', () => {
  it('a starting service uses the first reachable database host', async () => {
    const gone = await Relay.to(1);
    await gone.refuse();
    const starting = await startService({ DATABASE_URL: onBoth(gone, second) });
    expect((await request(starting)).status).toBe(200);
    await starting.stop();
  });
});
