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

/** Within which time a host that is gone is left, in milliseconds. */
const LEFT_WITHIN = 1_000 + BUSY_MACHINE_MARGIN;
/** Less than any wait for a host that is gone, in milliseconds. */
const AT_ONCE = 800;

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
  // Long enough for the second host to answer on a busy machine after the first one was given up.
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

async function ask(whom = service): Promise<{ status: number; ms: number }> {
  const [uuid = ''] = loadFixture().labels['seed'] ?? [];
  const at = performance.now();
  const answer = await fetch(`${whom.url}/v2.1/servers/${uuid}/os-instance-actions`, {
    headers: { 'X-Auth-Token': personaTokens['tenant'] ?? '' },
  });
  await answer.text();
  return { status: answer.status, ms: performance.now() - at };
}

async function askWell(): Promise<{ ms: number }> {
  const answer = await ask();
  expect(answer.status).toBe(200);
  return answer;
}

/** Whether the next answer comes from this host: nothing else goes through its relay meanwhile. */
async function answersFrom(relay: Relay): Promise<boolean> {
  const before = relay.bytes;
  const { status } = await ask();
  return status === 200 && relay.bytes > before;
}

describe.each<readonly [string, (relay: Relay) => void | Promise<void>]>([
  ['ends', (relay) => relay.refuse()],
  [
    'is gone without a word',
    (relay) => {
      relay.fallSilent();
    },
  ],
])('of several hosts one that %s', (_how, go) => {
  it('the service uses another host within a second when one fails, and the first one again when it is back', async () => {
    expect(await answersFrom(first)).toBe(true);
    await go(first);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask()));
    for (const { status, ms } of answers) {
      expect(status).toBe(200);
      expect(ms).toBeLessThan(LEFT_WITHIN);
    }
    await medianWithin(AT_ONCE, askWell);
    expect(await answersFrom(second)).toBe(true);
  });

  it('no request fails while one of several hosts fails and comes back', async () => {
    let over = false;
    const statuses = new Set<number>();
    const callers = Array.from({ length: 4 }, async () => {
      while (!over) statuses.add((await ask()).status);
    });
    await sleep(200);
    const bytes = second.bytes;
    await go(first);
    await until(() => second.bytes > bytes, 'the second host answers');
    await first.resume();
    await until(() => answersFrom(first), 'the first host is used again');
    over = true;
    await Promise.all(callers);
    expect([...statuses]).toEqual([200]);
  });

  it('one of several hosts that is not in use may fail without delay for any request', async () => {
    await go(second);
    await medianWithin(AT_ONCE, askWell);
    expect(await answersFrom(first)).toBe(true);
  });

  it('several hosts lead to a 503 only when all of them fail', async () => {
    await Promise.all([go(first), go(second)]);
    expect((await ask()).status).toBe(503);
    expect((await ask()).status).toBe(503);
    await second.resume();
    await until(async () => (await ask()).status === 200, 'the second host is used again');
  });
});

describe('a service that starts', () => {
  it('a starting service uses the first host that it reaches', async () => {
    const gone = await Relay.to(1);
    await gone.refuse();
    const starting = await startService({ DATABASE_URL: onBoth(gone, second) });
    expect((await ask(starting)).status).toBe(200);
    await starting.stop();
  });
});
