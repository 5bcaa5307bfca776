import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { LogClient } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { runAndKill } from '../support/databases/killed-process.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { NEW_ACTION } from '../support/databases/recorded-log.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { Relay } from '../support/http/relay.js';
import { until } from '../support/time/until.js';

/** The tables that have one row for the recorded action. */
const TABLES = [
  ...['instances', 'instance_actions', 'instance_actions_events', 'written_actions', 'written_events'],
  ...['entries', 'search_actions', 'search_hosts'],
];

/** Returns the number of rows that all tables have. Fails if the tables have different numbers of rows. */
async function recorded(source: DataSource): Promise<number> {
  const counts = new Map<string, number>();
  for (const table of TABLES) {
    const [row] = await source.query<{ count: number | string }[]>(`SELECT COUNT(*) AS count FROM ${table}`);
    counts.set(table, Number(row?.count));
  }
  const [first = 0] = counts.values();
  expect(Object.fromEntries(counts)).toEqual(Object.fromEntries(TABLES.map((table) => [table, first])));
  return first;
}

async function deleteAll(source: DataSource): Promise<void> {
  for (const table of TABLES) await source.query(`DELETE FROM ${table}`);
}

describe.each(storeKinds)('recording an action on %s', (_kind, create) => {
  let store: TestStore;
  let source: DataSource;
  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  beforeEach(() => deleteAll(source));

  it.each([
    ['before it writes the event', 5, '', /^INSERT INTO instance_actions_events/, [0]],
    ['before the commit', 13, '', /^COMMIT/, [0]],
    ['after it has sent the commit', 13, 'sent', /^COMMIT/, [0, 1]],
  ] as const)(
    'recording leaves the whole action or nothing if the process is killed %s, and a repeated request then records it once',
    async (_when, statements, mode, killedAt, possible) => {
      expect(await runAndKill(store.url, source, ['begin', String(statements), mode])).toMatch(killedAt);
      expect(possible).toContain(await recorded(source));
      for (let time = 0; time < 2; time += 1)
        expect(await runAndKill(store.url, source, ['begin', '1000'])).toBe('done');
      expect(await recorded(source)).toBe(1);
    },
  );
});

describe('recording an action while the database is unreachable', () => {
  let source: DataSource;
  let relay: Relay;
  let client: LogClient;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const url = await keep(await mariaDb()).createDatabase('actions');
    await migrateOwnStore(url);
    source = keep(await ownStore(url).initialize());
    relay = keep(await Relay.to(Number(new URL(url).port)));
    const through = new URL(url);
    through.port = String(relay.port);
    client = await LogClient.of(
      keep(await startLogService({ DATABASE_URL: through.href, DATABASE_TIMEOUT: '1800' })),
    );
  });

  beforeEach(() => deleteAll(source));

  const begin = () => client.send('service', 'POST', '', {}, { actions: [NEW_ACTION] });

  it('recording returns 503 while the database refuses connections, and a repeated request then records the action once', async () => {
    await relay.refuse();
    const refused = await begin();
    expect([refused.status, refused.headers.get('Retry-After'), refused.body['type']]).toEqual([
      503,
      expect.stringMatching(/^\d+$/),
      '/action-log/problems/unavailable',
    ]);
    await relay.resume();
    await until(async () => (await begin()).status === 201, 'the database is reachable again');
    expect((await begin()).status).toBe(201);
    expect(await recorded(source)).toBe(1);
  });

  it('recording records the action once if the response to its commit is lost, also after a repeated request', async () => {
    await until(async () => (await begin()).status === 201, 'the database is reachable');
    await deleteAll(source);
    const frozen = relay.freezeAfter('COMMIT');
    const lost = begin();
    await frozen;
    await relay.refuse();
    await relay.resume();
    expect([201, 503]).toContain((await lost).status);
    await until(async () => (await begin()).status === 201, 'the database is reachable again');
    expect(await recorded(source)).toBe(1);
  });
});
