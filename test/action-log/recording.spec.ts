import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { DataSource, QueryRunner } from 'typeorm';
import { type Caller, CALLERS, tokenOf } from '../support/action-log/callers.js';
import { LogClient, type LogResponse } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { mariaDb } from '../support/databases/mariadb.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { createNovaDatabases } from '../support/nova/databases.js';
import type { RunningService } from '../support/service/service.js';

const TABLES = [
  ...['instances', 'instance_actions', 'instance_actions_events', 'written_actions', 'written_events'],
  ...['entries', 'search_actions', 'search_hosts'],
];

const PROJECT = CALLERS.tenant.project_id;
/** Returns the UUID of a server. */
const uuid = (number: number): string => `5e7e5e7e-0000-4000-8000-${String(number).padStart(12, '0')}`;
const server = (number: number): object => ({ id: uuid(number), project_id: PROJECT });

/** A server of Nova. */
const NOVAS = uuid(1_000);

/** A time in the near future. */
const SOON = new Date(Date.now() + 600_000).toISOString();

interface Item extends Readonly<Record<string, unknown>> {
  readonly id: number;
  readonly request_id: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
}

type Deployment = readonly [
  name: string,
  start: (keep: ReturnType<typeof closeAfterAll>) => Promise<Readonly<Record<string, string>>>,
];

/** The deployments that record: the settings of each. */
const DEPLOYMENTS: readonly Deployment[] = [
  ...storeKinds.map(([kind, create]): Deployment => [
    `with an own store on ${kind}`,
    async (keep) => ({ DATABASE_URL: keep(await create()).url }),
  ]),
  [
    'beside Nova',
    async (keep) => {
      const server = keep(await mariaDb());
      const databases = keep(await createNovaDatabases(server));
      await databases.fill({
        instances: [{ cell: 'cell1', uuid: NOVAS, project_id: PROJECT, deleted: 0 }],
        instance_mappings: [{ cell: 'cell1', instance_uuid: NOVAS, project_id: PROJECT }],
      });
      const url = await server.createDatabase('actions');
      return { DATABASE_URL: url, NOVA_API_DATABASE_URL: databases.apiUrl, HTTP_RECORDING: 'on' };
    },
  ],
];

describe.each(DEPLOYMENTS)('recording over HTTP %s', (_name, settingsOf) => {
  let services: readonly [RunningService, RunningService];
  let source: DataSource;
  let client: LogClient;
  let other: LogClient;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const settings = await settingsOf(keep);
    await migrateOwnStore(settings['DATABASE_URL'] ?? '');
    source = keep(await ownStore(settings['DATABASE_URL'] ?? '').initialize());
    services = [keep(await startLogService(settings)), keep(await startLogService(settings))];
    [client, other] = [await LogClient.of(services[0]), await LogClient.of(services[1])];
  });

  const begin = (body: unknown, headers = {}, caller: Caller = 'service'): Promise<LogResponse> =>
    client.send(caller, 'POST', '', headers, body);

  async function begun(action: object): Promise<Item> {
    const { status, body } = await begin({ actions: [action] });
    expect([status, body]).toEqual([201, body]);
    return (body as unknown as { actions: [Item] }).actions[0];
  }

  async function counts(): Promise<Record<string, number>> {
    const rows = TABLES.map(async (table) => {
      const [row] = await source.query<{ count: number | string }[]>(
        `SELECT COUNT(*) AS count FROM ${table}`,
      );
      return [table, Number(row?.count)] as const;
    });
    return Object.fromEntries(await Promise.all(rows));
  }

  /** Returns the actions of a server in Nova's API. */
  async function novaActions(caller: Caller, number: number, requestId = ''): Promise<[number, unknown]> {
    const url = `${services[1].url}/v2.1/servers/${uuid(number)}/os-instance-actions${requestId && '/'}${requestId}`;
    const headers = { 'X-Auth-Token': tokenOf(caller), 'OpenStack-API-Version': 'compute 2.84' };
    const response = await fetch(url, { headers });
    return [response.status, await response.json()];
  }

  it('a service begins an action, adds and finishes its events and finishes it, and each change is read at once in the log and in Nova’s API', async () => {
    const action = {
      action: 'rebuild',
      user_id: 'u-1',
      external_id: 'whole life',
      server: { ...server(1), name: 'n' },
    };
    const item = await begun(action);
    expect(item).toMatchObject({
      ...{ server_id: uuid(1), project_id: PROJECT, user_id: 'u-1', action: 'rebuild', status: 'running' },
      ...{ requester_project_id: PROJECT, finished_at: null, events: [] },
    });
    // The facts of a server of Nova belong to its project, not to the service.
    expect(item).not.toHaveProperty('server');
    const path = `/${item.id}`;
    const added = await client.send(
      'service',
      'POST',
      `${path}/events`,
      {},
      {
        events: [
          { event: 'first', host: 'h-1' },
          { event: 'second', start_time: '2026-11-01T01:00:00+01:00' },
        ],
      },
    );
    expect([added.status, added.body]).toMatchObject([
      201,
      { events: [{ event: 'first' }, { event: 'second' }] },
    ]);
    expect((added.body as unknown as Item).events[1]?.['start_time']).toBe('2026-11-01T00:00:00.000000Z');
    const [first, second] = (added.body as unknown as Item).events;
    const failed = await client.send(
      'service',
      'PATCH',
      `${path}/events/${Number(first?.['id'])}`,
      {},
      {
        ...{ result: 'Error', details: 'no space', traceback: 'Traceback' },
      },
    );
    expect([failed.status, failed.body['message'], failed.body['status']]).toEqual([200, 'Error', 'running']);
    const done = await client.send(
      'service',
      'PATCH',
      `${path}/events/${Number(second?.['id'])}`,
      {},
      { result: 'Success' },
    );
    expect(done.status).toBe(200);
    const ended = await client.send('service', 'PATCH', path, {}, { status: 'success' });
    expect([ended.status, ended.body]).toMatchObject([200, { status: 'success', message: null }]);
    expect((await client.get('tenant', path)).body).toMatchObject({
      ...ended.body,
      server: { id: uuid(1), name: 'n', project_id: PROJECT },
    });
    expect(
      (await client.get('tenant', `?server_id=${uuid(1)}&include=events&status=success`)).body,
    ).toMatchObject({
      actions: [{ id: item.id, events: [{ result: 'Error' }, { result: 'Success' }] }],
    });
    expect((await client.get('otherTenant', path)).status).toBe(404);
    const history = (await client.get('tenant', `${path}/entries`)).body as unknown as { entries: unknown[] };
    expect(history.entries).toHaveLength(5);
    const host = await client.get('auditor', '?all_projects=true&host=h-1');
    expect(host.body).toMatchObject({ actions: [{ id: item.id }] });

    const [status, list] = await novaActions('tenant', 1);
    expect([status, list]).toMatchObject([
      200,
      {
        instanceActions: [{ action: 'rebuild', request_id: item.request_id, user_id: 'u-1', message: null }],
      },
    ]);
    expect(await novaActions('admin', 1, item.request_id)).toMatchObject([
      200,
      {
        instanceAction: {
          events: [
            { event: 'first', host: 'h-1', details: 'no space', traceback: 'Traceback' },
            { event: 'second' },
          ],
        },
      },
    ]);
    expect((await novaActions('otherTenant', 1))[0]).toBe(404);
  });

  it('a batch of ten actions with two events each takes at most eleven statements', async () => {
    const events = [
      { event: 'a', host: 'h-1' },
      { event: 'b', host: 'h-2', result: 'Success' },
    ];
    const actions = (first: number): object[] =>
      Array.from({ length: 10 }, (_, n) => ({
        ...{
          server: server(first + n),
          action: 'create',
          status: 'success',
          external_id: `batch ${first + n}`,
          events,
        },
      }));
    await begin({ actions: actions(100) });
    const runner = source.createQueryRunner();
    const query = jest.spyOn(Object.getPrototypeOf(runner) as QueryRunner, 'query');
    try {
      expect((await begin({ actions: actions(200) })).status).toBe(201);
      // Other tasks of the service send statements at the same time, on other connections.
      const all = query.mock.calls.map(([sql], n) => ({ sql: sql.trim(), runner: query.mock.contexts[n] }));
      const insert = all.find(({ sql }) => sql.startsWith('INSERT INTO instance_actions '));
      const sent = all.filter(({ runner: one }) => one === insert?.runner).map(({ sql }) => sql);
      const start = sent.findIndex((sql) => /^(START|BEGIN)/.test(sql));
      const statements = sent.slice(start + 1, sent.indexOf('COMMIT'));
      expect([statements.length <= 11, statements]).toEqual([true, statements]);
      expect(statements.length).toBeGreaterThan(10);
    } finally {
      query.mockRestore();
      await runner.release();
    }
  });

  it('a repeated request with the same ids returns the actions as they are now, and writes nothing', async () => {
    const named = {
      server: server(2),
      action: 'stop',
      external_id: 'repeated',
      events: [{ event: 'a', external_id: 'e' }],
    };
    const [first, keyed] = [await begun(named), { actions: [{ server: server(2), action: 'start' }] }];
    const key = { 'Idempotency-Key': 'a-key' };
    const byKey = await begin(keyed, key);
    await client.send('service', 'PATCH', `/${first.id}`, {}, { status: 'error', finished_at: SOON });
    const added = { events: [{ event: 'b' }, { event: 'c' }] };
    const path = `/${(byKey.body as unknown as { actions: [Item] }).actions[0].id}`;
    const events = await client.send('service', 'POST', `${path}/events`, key, added);
    const before = await counts();
    expect(await begun(named)).toMatchObject({
      id: first.id,
      status: 'error',
      message: 'Error',
      events: [{ event: 'a' }],
    });
    const again = await other.send('service', 'POST', '', key, keyed);
    expect([again.status, again.body]).toMatchObject([
      201,
      { actions: [{ events: [{ event: 'b' }, { event: 'c' }] }] },
    ]);
    expect((await client.send('service', 'POST', `${path}/events`, key, added)).body).toEqual(events.body);
    const mixed = await begin({ actions: [named, { server: server(2), action: 'pause' }] });
    expect(mixed.body).toMatchObject({ actions: [{ id: first.id }, { action: 'pause', status: 'running' }] });
    const finish = { status: 'error', finished_at: SOON.replace('Z', '+00:00') };
    expect((await client.send('service', 'PATCH', `/${first.id}`, {}, finish)).status).toBe(200);
    const [event] = (events.body as unknown as Item).events;
    const end = { result: 'Success', finish_time: SOON };
    for (let time = 0; time < 2; time += 1)
      expect(
        (await client.send('service', 'PATCH', `${path}/events/${Number(event?.['id'])}`, {}, end)).status,
      ).toBe(200);
    const after = await counts();
    expect([after['instance_actions'], after['instance_actions_events']]).toEqual([
      (before['instance_actions'] ?? 0) + 1,
      before['instance_actions_events'],
    ]);
    expect(after['entries']).toBe((before['entries'] ?? 0) + 2);
    // Another service may choose the same ids.
    expect((await begin({ actions: [named] }, {}, 'otherService')).body).not.toMatchObject({
      actions: [{ id: first.id }],
    });
  });

  it('a key of a request that is used again for other content gets 422, and nothing is recorded', async () => {
    const key = { 'Idempotency-Key': 'once' };
    const one = { server: server(6), action: 'stop' };
    const { body } = await begin({ actions: [one] }, key);
    const path = `/${(body as unknown as { actions: [Item] }).actions[0].id}/events`;
    const add = (events: object[]): Promise<LogResponse> =>
      client.send('service', 'POST', path, key, { events });
    expect((await add([{ event: 'a' }, { event: 'b' }])).status).toBe(201);
    const before = await counts();
    const different = [422, { type: '/action-log/problems/different-content' }];
    for (const { status, body: problem } of [
      await begin({ actions: [one, { ...one, action: 'start' }] }, key),
      await add([{ event: 'a' }]),
      await add([{ event: 'a' }, { event: 'b' }, { event: 'c' }]),
    ])
      expect([status, problem]).toMatchObject(different);
    for (const { status, body: problem } of [
      await begin({ actions: [{ ...one, external_id: 'own' }] }, key),
      await add([{ event: 'a', external_id: 'own' }]),
    ])
      expect([status, problem]).toMatchObject([
        400,
        { errors: [{ pointer: expect.stringContaining('/0/external_id') }] },
      ]);
    expect(await counts()).toEqual(before);
  });

  it('an action and an event that state only their end have this end as start at the latest', async () => {
    const end = '2020-01-01T00:00:00.000000Z';
    const events = [{ event: 'a', result: 'Success', finish_time: end }];
    expect(
      await begun({ server: server(7), action: 'stop', status: 'success', finished_at: end, events }),
    ).toMatchObject({ started_at: end, finished_at: end, events: [{ start_time: end, finish_time: end }] });
  });

  it('a service cannot change an action that no service has recorded, and the problem says so', async () => {
    const { id } = await begun({ server: server(8), action: 'stop' });
    await source.query(
      'DELETE FROM written_actions WHERE action_id = (SELECT MAX(id) FROM instance_actions)',
    );
    const { status, body } = await client.send('service', 'PATCH', `/${id}`, {}, { status: 'success' });
    expect([status, body]).toMatchObject([
      403,
      {
        type: '/action-log/problems/other-service',
        detail: 'No service has recorded the action over HTTP, so requests cannot change it.',
      },
    ]);
  });

  it('two services that record the same ids and the same new server at the same time record one action', async () => {
    const batch = Array.from({ length: 20 }, (_, n) => [
      { server: server(300 + n), action: 'create', external_id: `race ${n}`, events: [{ event: 'a' }] },
    ]);
    const ids = await Promise.all(
      [...batch, ...batch].map(async (actions, n) => {
        const { status, body } = (await [client, other][n % 3 === 0 ? 0 : 1]?.send(
          'service',
          'POST',
          '',
          {},
          { actions },
        )) as LogResponse;
        expect([status, body]).toMatchObject([201, { actions: [{ action: 'create' }] }]);
        return (body as unknown as { actions: [Item] }).actions[0].id;
      }),
    );
    expect(ids.slice(0, 20)).toEqual(ids.slice(20));
    expect(new Set(ids).size).toBe(20);
  });

  it('a request with problems gets a document that names each of them, and nothing of it is recorded', async () => {
    const known = await begun({
      server: server(3),
      action: 'stop',
      external_id: 'known',
      events: [{ event: 'a', external_id: 'e' }],
    });
    const [event] = known.events;
    const path = `/${known.id}`;
    const eventPath = `${path}/events/${Number(event?.['id'])}`;
    const foreign = (await begin({ actions: [{ server: server(4), action: 'stop' }] }, {}, 'otherService'))
      .body as unknown as { actions: [Item] };
    const done = await begun({
      server: server(3),
      action: 'stop',
      status: 'success',
      events: [{ event: 'a', result: 'Success' }],
    });
    const good = { server: server(5), action: 'create' };
    const action = (change: object): unknown => ({ actions: [good, { ...good, ...change }] });
    const first = (pointer: string): object => ({ errors: [{ pointer: `/actions/1${pointer}` }] });
    const kind = (slug: string): object => ({ type: `/action-log/problems/${slug}` });
    const end = (id: number): string => `/${id}`;
    const cases: readonly (readonly [
      what: string,
      method: string,
      path: string,
      body: unknown,
      status: number,
      problem: object,
    ])[] = [
      ['a body that is not JSON', 'POST', '', '{', 400, kind('bad-request')],
      ['a body of the wrong type', 'POST', '', [], 400, { errors: [{ pointer: '' }] }],
      ['a list of the wrong type', 'POST', '', { actions: {} }, 400, { errors: [{ pointer: '/actions' }] }],
      ['no actions', 'POST', '', { actions: [] }, 400, { errors: [{ pointer: '/actions' }] }],
      [
        'too many actions',
        'POST',
        '',
        { actions: Array.from({ length: 101 }, () => good) },
        400,
        { errors: [{ pointer: '/actions' }] },
      ],
      ['an unknown property', 'POST', '', action({ colour: 'red' }), 400, first('/colour')],
      ['a missing property', 'POST', '', action({ action: undefined }), 400, first('/action')],
      ['an invalid UUID', 'POST', '', action({ server: { id: 'x' } }), 400, first('/server/id')],
      [
        'a time without a zone',
        'POST',
        '',
        action({ created_at: '2026-11-01T00:00:00' }),
        400,
        first('/created_at'),
      ],
      [
        'a time that does not exist',
        'POST',
        '',
        action({ created_at: '2026-02-30T00:00:00Z' }),
        400,
        first('/created_at'),
      ],
      [
        'a time before 1970',
        'POST',
        '',
        action({ created_at: '1969-12-31T23:59:59Z' }),
        400,
        first('/created_at'),
      ],
      [
        'times more than an hour in the future',
        'POST',
        '',
        action({
          ...{ created_at: '2105-01-01T00:00:00Z', started_at: '2105-01-01T00:00:00Z' },
          events: [{ event: 'a', start_time: new Date(Date.now() + 3_900_000).toISOString() }],
        }),
        400,
        {
          errors: [
            { pointer: '/actions/1/created_at' },
            { pointer: '/actions/1/started_at' },
            { pointer: '/actions/1/events/0/start_time' },
          ],
        },
      ],
      [
        'the end of an action more than an hour in the future',
        'PATCH',
        path,
        { status: 'success', finished_at: '2105-01-01T00:00:00Z' },
        400,
        { errors: [{ pointer: '/finished_at' }] },
      ],
      ['a text that is too long', 'POST', '', action({ message: 'é'.repeat(256) }), 400, first('/message')],
      [
        'a text of too many bytes',
        'POST',
        '',
        action({ events: [{ event: 'a', details: 'é'.repeat(40_000) }] }),
        400,
        first('/events/0/details'),
      ],
      ['half of a character', 'POST', '', action({ message: '\ud83d' }), 400, first('/message')],
      ['a NUL character', 'POST', '', action({ message: 'a\0' }), 400, first('/message')],
      ['an unknown status', 'POST', '', action({ status: 'running' }), 400, first('/status')],
      [
        'an end without a status',
        'POST',
        '',
        action({ finished_at: '2020-01-01T00:00:00Z' }),
        400,
        first('/status'),
      ],
      [
        'a finish before the start',
        'POST',
        '',
        action({
          status: 'error',
          started_at: '2020-01-01T00:00:00Z',
          finished_at: '2019-12-31T23:59:59.999999Z',
        }),
        400,
        first('/finished_at'),
      ],
      [
        'an event that ends before its start',
        'POST',
        '',
        action({
          events: [
            {
              event: 'a',
              result: 'Error',
              start_time: '2020-01-01T00:00:00Z',
              finish_time: '2019-01-01T00:00:00Z',
            },
          ],
        }),
        400,
        first('/events/0/finish_time'),
      ],
      [
        'a start in the near future of an action and an event that have finished',
        'POST',
        '',
        action({
          ...{ status: 'success', started_at: SOON },
          events: [{ event: 'a', result: 'Success', start_time: SOON }],
        }),
        400,
        { errors: [{ pointer: '/actions/1/finished_at' }, { pointer: '/actions/1/events/0/finish_time' }] },
      ],
      [
        'the end of an event without a result',
        'POST',
        '',
        action({ events: [{ event: 'a', finish_time: '2020-01-01T00:00:00Z' }] }),
        400,
        first('/events/0/result'),
      ],
      [
        'an id that occurs twice',
        'POST',
        '',
        {
          actions: [
            { ...good, external_id: 'x' },
            { ...good, external_id: 'x' },
          ],
        },
        400,
        first('/external_id'),
      ],
      [
        'an id with a reserved prefix',
        'POST',
        '',
        action({ external_id: 'key:x' }),
        400,
        first('/external_id'),
      ],
      [
        'an id of too many bytes',
        'POST',
        '',
        action({ external_id: 'é'.repeat(300) }),
        400,
        first('/external_id'),
      ],
      [
        'an unknown server without a project',
        'POST',
        '',
        action({ server: { id: uuid(999) } }),
        400,
        first('/server/project_id'),
      ],
      [
        'a server of another project',
        'POST',
        '',
        action({ server: { id: uuid(3), project_id: 'p-2' } }),
        409,
        kind('other-owner'),
      ],
      [
        'two projects of a new server',
        'POST',
        '',
        action({ server: { id: uuid(5), project_id: 'p-2' } }),
        409,
        kind('other-owner'),
      ],
      [
        'several problems',
        'POST',
        '',
        {
          actions: [
            { ...good, action: '', created_at: 'x' },
            { ...good, colour: 1 },
          ],
        },
        400,
        {
          errors: [
            { pointer: '/actions/0/action' },
            { pointer: '/actions/0/created_at' },
            { pointer: '/actions/1/colour' },
          ],
        },
      ],
      [
        'the id of an earlier request with another content',
        'POST',
        '',
        action({ external_id: 'known' }),
        422,
        kind('different-content'),
      ],
      [
        'an id of an event with another content',
        'POST',
        `${path}/events`,
        { events: [{ event: 'new' }, { event: 'b', external_id: 'e' }] },
        422,
        kind('different-content'),
      ],
      [
        'an event for an action of another service',
        'POST',
        `${end(foreign.actions[0].id)}/events`,
        { events: [{ event: 'a' }] },
        403,
        kind('other-service'),
      ],
      [
        'the end of an action of another service',
        'PATCH',
        end(foreign.actions[0].id),
        { status: 'success' },
        403,
        kind('other-service'),
      ],
      [
        'the end of an event of another action',
        'PATCH',
        `${end(done.id)}/events/${Number(event?.['id'])}`,
        { result: 'Success' },
        404,
        kind('not-found'),
      ],
      [
        'a finish of an action before its start',
        'PATCH',
        path,
        { status: 'success', finished_at: '2020-01-01T00:00:00Z' },
        400,
        { errors: [{ pointer: '/finished_at' }] },
      ],
      [
        'a finish of an event before its start',
        'PATCH',
        eventPath,
        { result: 'Success', finish_time: '2020-01-01T00:00:00Z' },
        400,
        { errors: [{ pointer: '/finish_time' }] },
      ],
      ['a second finish', 'PATCH', end(done.id), { status: 'error' }, 409, kind('already-finished')],
      [
        'a second finish at another time',
        'PATCH',
        end(done.id),
        { status: 'success', finished_at: SOON },
        409,
        kind('already-finished'),
      ],
      [
        'a second finish of an event',
        'PATCH',
        `${end(done.id)}/events/${Number(done.events[0]?.['id'])}`,
        { result: 'Error' },
        409,
        kind('already-finished'),
      ],
      [
        'an event after the end of the action',
        'POST',
        `${end(done.id)}/events`,
        { events: [{ event: 'late' }] },
        409,
        kind('already-finished'),
      ],
      ['no status', 'PATCH', path, {}, 400, { errors: [{ pointer: '/status' }] }],
      ['an action that does not exist', 'PATCH', '/1', { status: 'success' }, 404, kind('not-found')],
      [
        'an id that is not a number',
        'PATCH',
        '/x',
        { status: 'success' },
        400,
        { errors: [{ parameter: 'id' }] },
      ],
      [
        'an id beyond 2^53',
        'PATCH',
        '/9007199254740992',
        { status: 'success' },
        400,
        { errors: [{ parameter: 'id' }] },
      ],
      [
        'an event id beyond 2^53',
        'PATCH',
        `${path}/events/9007199254740993`,
        { result: 'Error' },
        400,
        { errors: [{ parameter: 'event_id' }] },
      ],
      [
        'an unknown query parameter',
        'POST',
        '?a=1',
        { actions: [good] },
        400,
        { errors: [{ parameter: 'a' }] },
      ],
      [
        'a body that is too large',
        'POST',
        '',
        { actions: [{ ...good, colour: 'x'.repeat(200_000) }] },
        413,
        kind('body-too-large'),
      ],
    ];
    const before = await counts();
    for (const [what, method, to, body, status, problem] of cases) {
      const answer = await client.send('service', method, to, {}, body);
      const id = answer.headers.get('x-openstack-request-id');
      expect([what, answer.status, answer.body]).toMatchObject([
        what,
        status,
        { ...problem, request_id: id },
      ]);
      expect([what, await counts()]).toEqual([what, before]);
    }
    const key = await begin({ actions: [good] }, { 'Idempotency-Key': 'a b' });
    expect([key.status, key.body]).toMatchObject([400, { errors: [{ header: 'Idempotency-Key' }] }]);
    for (const caller of ['tenant', 'admin', 'auditor', 'withoutRole'] as const)
      expect((await begin({ actions: [good] }, {}, caller)).status).toBe(403);
    expect(await counts()).toEqual(before);
  });
});
