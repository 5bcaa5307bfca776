import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { personas } from '../conformance/cases.js';
import { generateLog } from '../support/action-log/generated-log.js';
import { insertIndexedLog } from '../support/action-log/indexed-log.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { ownStore } from '../support/databases/own-store.js';
import { fillStore, storeKinds } from '../support/databases/stores.js';
import { createNovaDatabases, type NovaDatabases } from '../support/nova/databases.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';

const log = generateLog(1, 60);

const PATH = 'action-log/v1/recorder';
const CELL = '7a3a2c52-6c1e-4d0e-9c06-5d1fd5f0b1a4';

async function show(
  service: RunningService,
  persona?: string,
  path = PATH,
): Promise<readonly [number, unknown]> {
  const headers = persona === undefined ? {} : { 'X-Auth-Token': personaTokens[persona] ?? '' };
  const response = await fetch(`${service.url}/${path}`, { headers });
  return [response.status, await response.json()];
}

/** Inserts a recorded cell with one gap, as a recorder does. */
async function insertCell(source: DataSource): Promise<void> {
  const time = '2026-11-01 10:00:00.000000';
  const cell = {
    ...{
      number: 1,
      uuid: CELL,
      name: 'cell1',
      created_at: time,
      state: 'open',
      epoch: 0,
      holder: 'a (process 7)',
    },
    ...{ epoch_from_actions: 0, epoch_from_events: 0, epoch_from_servers: 0 },
    ...{ high_actions: 90, high_events: 180, high_servers: 20 },
    ...{ settled_actions: 80, settled_events: 160, settled_servers: 20, past_total: 70, past_done: 30 },
    ...{ started_at: time, read_at: time, reconciled_at: null },
  };
  const gap = {
    ...{ position: 3, cell: 1, from_id: 50, to_id: 60, void_ids: 4, from_time: time, to_time: time },
    grade: 'certain',
  };
  await source.createQueryBuilder().insert().into('record_cells', Object.keys(cell)).values(cell).execute();
  await source.createQueryBuilder().insert().into('record_gaps', Object.keys(gap)).values(gap).execute();
}

describe.each(storeKinds)('GET /action-log/v1/recorder of an own store, on %s', (_kind, createStore) => {
  const keep = closeAfterAll();
  let service: RunningService;

  beforeAll(async () => {
    const store = keep(await createStore());
    await fillStore(store.url, {});
    const source = keep(await ownStore(store.url).initialize());
    await insertCell(source);
    service = keep(await startService({ DATABASE_URL: store.url }));
  });

  it('an administrator gets the state of the record, and of each cell with its gaps', async () => {
    const [status, body] = await show(service, 'admin');
    expect([status, body]).toEqual([
      200,
      {
        record_id: expect.stringMatching(/^[0-9a-f-]{32,36}$/),
        position: 0,
        recorded_at: null,
        clock_ahead_seconds: 0,
        cells: [
          {
            ...{ name: 'cell1', uuid: CELL, state: 'open', holder: 'a (process 7)' },
            ...{ lag_seconds: expect.any(Number), read_at: '2026-11-01T10:00:00.000000' },
            ...{ high: { actions: 90, events: 180, servers: 20 }, past: { done: 30, total: 70 } },
            ...{ reconciled_at: null, epoch: 0, epochs: [], open_actions: 0, gaps_total: 1 },
            gaps: [
              {
                ...{ position: 3, from_id: 50, to_id: 60, void_ids: 4, grade: 'certain' },
                ...{ from_time: '2026-11-01T10:00:00.000000', to_time: '2026-11-01T10:00:00.000000' },
              },
            ],
          },
        ],
      },
    ]);
  });

  it('callers without the policy get 403, and clients without a token get 401', async () => {
    expect(Object.keys(personas)).toContain('alice');
    const message = "Policy doesn't allow action_log:recorder:show to be performed.";
    expect(await show(service, 'alice')).toMatchObject([403, { status: 403, detail: message }]);
    expect((await show(service))[0]).toBe(401);
  });
});

describe('GET /action-log/v1/recorder beside Nova', () => {
  const keep = closeAfterAll();
  let nova: NovaDatabases;
  let storeUrl: string;

  beforeAll(async () => {
    const server = keep(await mariaDb());
    nova = keep(await createNovaDatabases(server));
    storeUrl = await server.createDatabase('status');
    keep(() => server.dropDatabase(storeUrl));
    await fillStore(storeUrl, {});
    const source = await ownStore(storeUrl).initialize();
    await insertIndexedLog(source, log);
    await source.destroy();
  });

  it.each([
    { DATABASE_URL: true, COPY_FALLBACK: 'on', recorder: 200, actions: 200 },
    { DATABASE_URL: true, COPY_FALLBACK: 'off', recorder: 404, actions: 200 },
    { DATABASE_URL: false, COPY_FALLBACK: 'on', recorder: 404, actions: 404 },
  ] as const)(
    'the state of the recorder needs the copy, and the log of all servers a store; without it, the path is unknown: %j',
    async ({ DATABASE_URL, COPY_FALLBACK, recorder, actions }) => {
      const service = await startService({
        NOVA_API_DATABASE_URL: nova.apiUrl,
        COPY_FALLBACK,
        ...(DATABASE_URL && { DATABASE_URL: storeUrl }),
      });
      try {
        expect((await show(service, 'admin'))[0]).toBe(recorder);
        const [status, body] = await show(service, 'admin', 'action-log/v1/actions?all_projects=true');
        expect(status).toBe(actions);
        const shown = log.actions.filter(({ isShown }) => isShown);
        if (status === 200) expect((body as { actions: object[] }).actions).toHaveLength(shown.length);
      } finally {
        await service.stop();
      }
    },
  );
});
