import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { loadSettings } from '../../src/config/load-settings.js';
import { fillWithExample, migrateOwnStore, ownStore, TABLES } from '../support/databases/own-store.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, storeKinds, type TestStore } from '../support/databases/stores.js';
import { until } from '../support/time/until.js';
import { closeAfterAll } from '../support/close-after-all.js';

type Body = Readonly<Record<string, unknown>>;
type Caller = 'demo-tenant' | 'demo-admin' | 'demo-stranger';

const RESIZE = requestId(1, 5);
const [RESIZED, RESCHEDULED, UNPLACED, MOVING, DELETED, FOREIGN] = [1, 2, 3, 4, 5, 6];

/** Returns the UUID of a server in the example: `11111111-1111-4111-8111-111111111111` for server 1, and so on. */
function serverId(number: number): string {
  const digits = (count: number): string => String(number).repeat(count);
  return `${digits(8)}-${digits(4)}-4${digits(3)}-8${digits(3)}-${digits(12)}`;
}

function requestId(server: number, action: number): string {
  return `req-${String(server).repeat(8)}-0000-4000-8000-00000000000${action}`;
}

function actionsOf(server: number, request = ''): string {
  return `/v2.1/servers/${serverId(server)}/os-instance-actions${request && `/${request}`}`;
}

describe.each(storeKinds)('the example data, on %s', (kind, create) => {
  let store: TestStore;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    service = keep(await startService({ DATABASE_URL: store.url, TOKENS_FILE: 'config/demo-tokens.json' }));
    if (kind !== 'SQLite') expect(await fillWithExample(store.url)).toBe(true);
    const isSearchable = async (): Promise<boolean> => {
      const [, { actions }] = await get('demo-tenant', '/action-log/v1/actions?action=resize&limit=1');
      return (actions as Body[]).length === 1;
    };
    await until(isSearchable, 'the search has the example actions');
  });

  async function get(caller: Caller, path: string, version = '2.103'): Promise<[number, Body]> {
    const headers = { 'X-Auth-Token': caller, 'OpenStack-API-Version': `compute ${version}` };
    const answer = await fetch(service.url + path, { headers });
    return [answer.status, (await answer.json()) as Body];
  }

  async function list(caller: Caller, path: string, key: string): Promise<Body[]> {
    return (await get(caller, path))[1][key] as Body[];
  }

  async function eventsOf(caller: Caller, server: number, request: string): Promise<Body[]> {
    const [, body] = await get(caller, actionsOf(server, request));
    return (body['instanceAction'] as { events: Body[] }).events;
  }

  it.each(['demo-tenant', 'demo-admin'] as const)(
    'in the example data, %s can list the actions of a server whose last action failed',
    async (caller) => {
      const actions = await list(caller, actionsOf(RESIZED), 'instanceActions');
      expect(actions.map(({ action, message }) => [action, message])).toEqual([
        ['resize', 'Error'],
        ['live-migration', null],
        ['start', null],
        ['stop', null],
        ['create', null],
      ]);
    },
  );

  it('in the example data, a tenant sees a failed event without the traceback, the host and the details', async () => {
    const [failed, ...others] = await eventsOf('demo-tenant', RESIZED, RESIZE);
    expect(failed).toEqual({
      event: 'compute_resize_instance',
      start_time: '2026-03-02T11:00:04.000000',
      finish_time: '2026-03-02T11:00:06.000000',
      result: 'Error',
      hostId: expect.stringMatching(/^[0-9a-f]{56}$/),
    });
    expect(others.map(({ result }) => result)).toEqual(['Success', 'Success', 'Success']);
  });

  it('in the example data, an operator sees the traceback, the details and the host of a failed event', async () => {
    const [failed] = await eventsOf('demo-admin', RESIZED, RESIZE);
    expect(failed).toMatchObject({
      traceback: expect.stringMatching(/^ {2}File .*\n {4}raise error\.inner_exception\n$/s),
      details: expect.stringMatching(/^Resize error: .*\n.*192\.0\.2\.13.*Host key verification failed/s),
      host: 'compute-2.example.org',
    });
  });

  it('the example data contain a build that failed on one host and succeeded on another', async () => {
    const events = await eventsOf('demo-admin', RESCHEDULED, requestId(RESCHEDULED, 1));
    expect(events.map(({ event, host }) => [event, host])).toEqual([
      ['compute__do_build_and_run_instance', 'compute-3.example.org'],
      ['compute__do_build_and_run_instance', 'compute-1.example.org'],
    ]);
  });

  it('the example data contain an action in progress', async () => {
    expect(await eventsOf('demo-tenant', RESCHEDULED, requestId(RESCHEDULED, 4))).toEqual([
      expect.objectContaining({ event: 'compute_snapshot_instance', finish_time: null, result: null }),
    ]);
  });

  it('the example data contain a build for which Nova found no host', async () => {
    expect(await eventsOf('demo-admin', UNPLACED, requestId(UNPLACED, 1))).toEqual([
      expect.objectContaining({
        event: 'conductor_schedule_and_build_instances',
        details: 'No valid host was found. There are not enough hosts available.',
        traceback: expect.stringContaining('nova/conductor/manager.py'),
      }),
    ]);
  });

  it.each(['demo-tenant', 'demo-admin'] as const)(
    'in the example data, %s can list the actions of a deleted server from microversion 2.21 on',
    async (caller) => {
      expect((await get(caller, actionsOf(DELETED), '2.20'))[0]).toBe(404);
      const [status, { instanceActions }] = await get(caller, actionsOf(DELETED), '2.21');
      expect([status, (instanceActions as Body[]).map(({ action }) => action)]).toEqual([
        200,
        ['delete', 'create'],
      ]);
    },
  );

  it('in the example data, only a tenant of a project and the operator see the server of that project', async () => {
    const statuses = (['demo-tenant', 'demo-stranger', 'demo-admin'] as const).map(
      async (caller) => (await get(caller, actionsOf(FOREIGN)))[0],
    );
    expect(await Promise.all(statuses)).toEqual([404, 200, 200]);
  });

  it('the example data contain live and cold migrations: finished, failed and running ones', async () => {
    const migrations = await list('demo-admin', '/v2.1/os-migrations', 'migrations');
    expect(migrations.map((one) => [one['migration_type'], one['status'], one['dest_compute']])).toEqual([
      ['live-migration', 'running', 'compute-2.example.org'],
      ['migration', 'confirmed', 'compute-2.example.org'],
      ['resize', 'error', 'compute-3.example.org'],
      ['live-migration', 'completed', 'compute-2.example.org'],
    ]);
    const path = `/v2.1/servers/${serverId(MOVING)}/migrations`;
    expect(await list('demo-admin', path, 'migrations')).toEqual([
      expect.objectContaining({ status: 'running', memory_remaining_bytes: 1_073_741_824 }),
    ]);
  });

  it.each([
    ['the last period', '', 'instance_usage_audit_logs'],
    ['the period in the documentation', '/2012-07-02%2000:00:00', 'instance_usage_audit_log'],
  ])(
    'the example data contain audits of %s: done, with an error, running and not started',
    async (_which, path, key) => {
      const [, body] = await get('demo-admin', `/v2.1/os-instance_usage_audit_log${path}`);
      expect(body[key]).toMatchObject({
        hosts_not_run: ['compute-4.example.org'],
        overall_status: '2 of 4 hosts done. 1 errors.',
        log: {
          'compute-1.example.org': { state: 'DONE', instances: 2, errors: 0 },
          'compute-2.example.org': { state: 'DONE', instances: 3, errors: 1 },
          'compute-3.example.org': { state: 'RUNNING', instances: 1, errors: 0 },
        },
      });
    },
  );

  it('with the example data, the curl commands in README.md return the responses that README.md shows', async () => {
    const answers = await answersOf('README.md');
    expect(answers.map(([status]) => status)).toEqual([200, 200, 201, 200, 200]);
    expect(answers[3]?.[1]).toMatch(/^\{"instanceActions":\[\{"action":"backup",/);
    expect(answers[4]?.[1]).toMatch(/"action":"backup",.*"action":"resize",/);
    const printed = [...readProjectFile('README.md').matchAll(/```json\n(\{\n {2}"event"[^]*?)\n```/g)];
    expect(printed).toHaveLength(2);
    for (const [index, [, block = '']] of printed.entries()) {
      const text = block.replace(/\n\s*/g, '').replaceAll('": ', '":');
      // In README.md, an ellipsis replaces an omitted part of a response.
      const parts = text.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
      expect(answers[index]?.[1]).toMatch(new RegExp(`"events":\\[${parts.join('.*?')},\\{"event":`));
    }
  });

  // This changes the data, so it is the last test.
  it('with the example data, the curl commands in docs/getting-started.md return the described responses', async () => {
    const answers = await answersOf('docs/getting-started.md');
    expect(answers.map(([status]) => status)).toEqual([200, 200, 202, 200, 200]);
    expect(answers[3]?.[1]).toMatch(/^\{"instanceActions":\[\{"action":"lock",/);
    expect(answers[4]?.[1]).toMatch(/"status":"error"/);
  });

  /** Sends the requests of a page one after the other, because a request may change the response to the next one. */
  async function answersOf(page: string): Promise<[number, string][]> {
    const answers: [number, string][] = [];
    for (const line of readProjectFile(page).split('\n')) {
      if (line.startsWith('curl ')) answers.push(await answerTo(line));
    }
    return answers;
  }

  async function answerTo(curl: string): Promise<[number, string]> {
    const headers = new Headers(
      [...curl.matchAll(/-H '([^:]+): ([^']+)'/g)].map(([, name = '', value = '']) => [name, value]),
    );
    const path = /http:\/\/127\.0\.0\.1:8774([^\s']+)'?$/.exec(curl)?.[1] ?? '';
    if (path.startsWith('/v2.1/')) expect(headers.get('OpenStack-API-Version')).toBe('compute 2.103');
    const [, body] = / -d '([^']+)'/.exec(curl) ?? [];
    const answer = await fetch(
      service.url + path,
      body === undefined ? { headers } : { method: 'POST', headers, body },
    );
    return [answer.status, await answer.text()];
  }
});

describe.each(storeKinds)('the insertion of the example rows, on %s', (_kind, create) => {
  let store: TestStore;
  let source: DataSource;

  beforeEach(async () => {
    store = await create();
    source = await ownStore(store.url).initialize();
    await migrateOwnStore(store.url);
  });

  afterEach(async () => {
    await source.destroy();
    await store.remove();
  });

  async function counts(): Promise<number[]> {
    return Promise.all(source.entityMetadatas.map(({ target }) => source.manager.count(target)));
  }

  it('the example rows are inserted only once, even if several processes try, one after the other or at the same time', async () => {
    const outcomes = await Promise.allSettled([fillWithExample(store.url), fillWithExample(store.url)]);
    expect(outcomes).toContainEqual({ status: 'fulfilled', value: true });
    const filled = await counts();
    expect(Math.min(...filled)).toBeGreaterThan(0);
    expect(await fillWithExample(store.url)).toBe(false);
    expect(await counts()).toEqual(filled);
    expect(await source.manager.countBy('instances', { display_name: 'example' })).toBe(7);
  });

  it('the example rows are not inserted into a database that has a row in any table', async () => {
    for (const { target, tableName } of source.entityMetadatas) {
      // A row of these tables needs a UUID, or refers to a group.
      const needed = ['instances', 'instance_groups'].includes(tableName) ? { uuid: serverId(9) } : {};
      if (/^instance_group_/.test(tableName)) continue;
      await source.manager.insert(target, { created_at: new Date(), ...needed });
      const before = await counts();
      expect([tableName, await fillWithExample(store.url)]).toEqual([tableName, false]);
      expect(await counts()).toEqual(before);
      await source.manager.createQueryBuilder().delete().from(target).execute();
    }
    expect(await fillWithExample(store.url)).toBe(true);
  });

  it('if inserting the example rows fails half-way, no rows remain in the database', async () => {
    await source.query('CREATE UNIQUE INDEX one_of_each ON services (topic)');
    await expect(fillWithExample(store.url)).rejects.toThrow(/^DATABASE_URL: the store cannot be updated/);
    expect(Math.max(...(await counts()))).toBe(0);
  });
});

it.each([
  ['has the example rows if identity comes from a tokens file', {}, 7],
  ['is empty if identity comes from Keystone', { OS_AUTH_URL: 'http://127.0.0.1:1' }, 0],
])('a new embedded store %s', async (_what, identity, servers) => {
  const store = await createSqlite();
  await (
    await OwnStore.open(loadSettings({ DATABASE_URL: store.url, ...identity }, 'no.env'), TABLES)
  ).close();
  const source = await ownStore(store.url).initialize();
  expect(await source.manager.count('instances')).toBe(servers);
  await source.destroy();
  await store.remove();
});
