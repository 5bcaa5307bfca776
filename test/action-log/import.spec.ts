import { beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { tokenOf } from '../support/action-log/callers.js';
import { generateLog } from '../support/action-log/generated-log.js';
import { insertIndexedLog } from '../support/action-log/indexed-log.js';
import { LogClient, type LogResponse } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { createSqlite, storeKinds } from '../support/databases/stores.js';
import { Random } from '../support/random.js';
import type { RunningService } from '../support/service/service.js';

const LINES = { 'Content-Type': 'application/x-ndjson' };
const PROJECT = 'p-large';
const TIME = '2026-11-02T04:16:20.000001Z';

/** The fields whose values belong to one store. */
const OF_STORE = new Set(['id', 'cell', 'external_id', 'nova_id', 'epoch']);

type Item = Readonly<Record<string, unknown>>;

/** Returns the lines of an export of all actions that fulfill a filter, the oldest first. */
async function exportAll(client: LogClient, filter = ''): Promise<string[]> {
  const path = `?all_projects=true&sort=created_at:asc${filter}`;
  const { status, text } = await client.get('admin', path, { Accept: LINES['Content-Type'] });
  expect(status).toBe(200);
  return text.trimEnd().split('\n');
}

/** Returns exported actions without the values that belong to one store. */
function comparable(lines: readonly string[]): Item[] {
  const without = (value: Item): Item =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !OF_STORE.has(name)));
  return lines.slice(0, -1).map((line) => {
    const action = JSON.parse(line) as Item & { readonly events: readonly Item[] };
    return { ...without(action), events: action.events.map(without) };
  });
}

let source: LogClient;
let exported: string[];
const keep = closeAfterAll();

beforeAll(async () => {
  const { url } = keep(await createSqlite());
  await migrateOwnStore(url);
  const store = keep(await ownStore(url).initialize());
  await insertIndexedLog(store, generateLog(7, 1_500));
  source = await LogClient.of(keep(await startLogService({ DATABASE_URL: url })));
  exported = await exportAll(source);
  expect(exported.length).toBeGreaterThan(1_200);
  expect(JSON.parse(exported.at(-1) ?? '')).toEqual({ end: true });
});

describe.each(storeKinds)('an import into %s', (kind, create) => {
  let service: RunningService;
  let client: LogClient;

  beforeAll(async () => {
    const { url } = keep(await create());
    await migrateOwnStore(url);
    service = keep(await startLogService({ DATABASE_URL: url }));
    client = await LogClient.of(service);
  });

  const send = (query: string, lines: readonly string[] | string, headers = LINES): Promise<LogResponse> =>
    client.send(
      'service',
      'POST',
      `:import${query}`,
      headers,
      typeof lines === 'string' ? lines : lines.join('\n'),
    );

  async function nextLine(name: string): Promise<number> {
    const { status, body } = await client.get('service', `:import?import=${name}`);
    return status === 404 ? 1 : (body['next_line'] as number);
  }

  /** Sends the first half of a body, and closes the connection. */
  async function disconnect(query: string, lines: readonly string[]): Promise<void> {
    const headers = { ...LINES, 'X-Auth-Token': tokenOf('service') };
    const sent = request(`${service.url}/action-log/v1/actions:import${query}`, { method: 'POST', headers });
    const closed = new Promise((resolve) => sent.on('close', resolve).on('error', () => undefined));
    await new Promise((resolve) => sent.write(`${lines.slice(0, lines.length / 2).join('\n')}\n`, resolve));
    sent.destroy();
    await closed;
  }

  it('of an export in pieces that were cut anywhere has the same actions as the other store', async () => {
    const random = new Random(11);
    const broken: number[] = [];
    await disconnect('?import=pieces', exported);
    for (let next = await nextLine('pieces'); next <= exported.length; next = await nextLine('pieces')) {
      const rest = exported.slice(next - 1).join('\n');
      const length = Math.min(rest.length, random.int(1, 300_000));
      const { status, body } = await send(`?import=pieces&first_line=${next}`, rest.slice(0, length));
      expect([200, 400]).toContain(status);
      // The cut line is broken. The service keeps all lines before it.
      if (status === 400) {
        broken.push(body['line'] as number);
        expect(body).toMatchObject({ kept_lines: (body['line'] as number) - 1 });
        // The service may still keep lines of the closed connection.
        expect(await nextLine('pieces')).toBeGreaterThanOrEqual(body['line'] as number);
      } else if (length === rest.length) {
        expect(body).toMatchObject({ complete: true, next_line: exported.length + 1 });
        break;
      }
    }
    expect(broken.length).toBeGreaterThan(1);
    expect(comparable(await exportAll(client))).toEqual(comparable(exported));
  });

  it('that is repeated changes nothing', async () => {
    const count = exported.length - 1;
    const { status, body } = await send('', exported);
    expect([status, body]).toEqual([
      200,
      {
        ...{ lines: count, imported: 0, updated: 0, unchanged: count, skipped: 0 },
        ...{ next_line: count + 2, complete: true },
      },
    ]);
    // A service also recognizes its own export.
    const own = await exportAll(client);
    expect(own).toHaveLength(exported.length);
  });

  it('with a name skips the lines that the store has', async () => {
    const count = exported.length - 1;
    const { body } = await send('?import=pieces', exported);
    expect(body).toEqual({
      ...{ lines: count, imported: 0, updated: 0, unchanged: 0, skipped: count },
      ...{ next_line: count + 2, complete: true },
    });
    expect((await send('?import=pieces', exported.slice(0, 10))).body).toMatchObject({
      skipped: 10,
      next_line: count + 2,
    });
  });

  it('with a name continues only with the next line', async () => {
    const { status, body } = await send('?import=gap&first_line=3', exported.slice(2));
    expect([status, body]).toEqual([409, expect.objectContaining({ next_line: 1 })]);
  });

  let number = 0;
  /** Returns a new action. */
  function action(fields: Item = {}): Item {
    number += 1;
    const server = `5e7e5e7e-0000-4000-8000-${String(number).padStart(12, '0')}`;
    return {
      ...{ id: number, server_id: server, project_id: PROJECT, request_id: `req-import-${number}` },
      ...{ action: 'rebuild', status: 'success', created_at: TIME, finished_at: TIME, ...fields },
    };
  }

  async function isStored(line: Item): Promise<boolean> {
    const { body } = await client.get('tenant', `?request_id=${String(line['request_id'])}`);
    return (body['actions'] as unknown[]).length === 1;
  }

  it('of lines that a person wrote is read back in the log', async () => {
    const line: Item = {
      ...action(),
      id: null,
      external_id: 'mine',
      events: [{ event: 'write_image', start_time: TIME }],
    };
    const { status, body } = await send('', [JSON.stringify(line), '', '']);
    expect([status, body]).toEqual([
      200,
      { lines: 1, imported: 1, updated: 0, unchanged: 0, skipped: 0, next_line: 2, complete: false },
    ]);
    const shown = await client.get(
      'admin',
      `?request_id=${String(line['request_id'])}&all_projects=true&include=events`,
    );
    expect(shown.body['actions']).toMatchObject([
      {
        ...{ server_id: line['server_id'], project_id: PROJECT, status: 'success', external_id: 'mine' },
        ...{ created_at: TIME, started_at: TIME, finished_at: TIME },
        events: [{ event: 'write_image', start_time: TIME, finish_time: null, result: null }],
      },
    ]);
  });

  it('of a newer export brings the actions up to date, and an older export then changes nothing', async () => {
    const { server_id: id, project_id, action: name } = action();
    const request_id = `req-live-${kind}`;
    const filter = `&request_id=${request_id}`;
    const begun = await source.send(
      'service',
      'POST',
      '',
      {},
      {
        actions: [
          {
            ...{ server: { id, project_id }, action: name, request_id, started_at: TIME },
            events: [{ event: 'stop', host: 'h-1' }, { event: 'write_image' }],
          },
        ],
      },
    );
    const [{ id: actionId, events: steps } = {}] = begun.body.actions ?? [];
    const change = async (method: string, path: string, body: Item): Promise<void> => {
      const { status } = await source.send('service', method, `/${String(actionId)}${path}`, {}, body);
      expect([200, 201]).toContain(status);
    };
    const older = await exportAll(source, filter);
    expect((await send('', older)).body).toMatchObject({ imported: 1, updated: 0 });

    const step = `/events/${String((steps as Item[])[1]?.['id'])}`;
    await change('PATCH', step, { result: 'Error', details: 'no space', traceback: 'Traceback' });
    await change('POST', '/events', { events: [{ event: 'clean', host: 'h-2', result: 'Success' }] });
    await change('PATCH', '', { status: 'error', message: 'no space' });
    const newer = await exportAll(source, filter);
    const { body } = await send('', newer);
    expect(body).toMatchObject({ lines: 1, imported: 0, updated: 1, unchanged: 0 });
    expect(comparable(await exportAll(client, filter))).toEqual(comparable(newer));
    const found = await client.get('admin', `?all_projects=true&host=h-2&status=error${filter}`);
    const [item] = found.body.actions ?? [];
    const history = await client.get('admin', `/${String(item?.['id'])}/entries`);
    expect(history.body.entries).toMatchObject([
      { message: 'no space', events: [{ event: 'stop' }, { result: 'Error' }, { event: 'clean' }] },
      { message: null, events: [{ event: 'stop' }, { result: null }] },
    ]);

    for (const lines of [older, newer, [...newer.slice(0, 1), ...older]]) {
      const again = await send('', lines);
      expect(again.body).toMatchObject({ imported: 0, updated: 0, unchanged: lines.length - 1 });
    }
    expect(comparable(await exportAll(client, filter))).toEqual(comparable(newer));
  });

  it('with two versions of an action keeps the newer one, also if they have the same time', async () => {
    const running = action({ status: 'running', finished_at: null, updated_at: TIME });
    const finished = { ...running, status: 'success', finished_at: TIME };
    const { body } = await send(
      '',
      [finished, running].map((line) => JSON.stringify(line)),
    );
    expect(body).toMatchObject({ lines: 2, imported: 1, updated: 0, unchanged: 1 });
    const [shown] = comparable(await exportAll(client, `&request_id=${String(running['request_id'])}`));
    expect(shown).toMatchObject({ status: 'success', finished_at: TIME });
  });

  it.each<
    readonly [what: string, broken: (before: Item) => Item | string, errors: readonly Item[] | undefined]
  >([
    ['that is not JSON', () => '{"id": 1', [{ pointer: '', detail: 'the line is not JSON' }]],
    [
      'that is nested too deeply',
      () => '['.repeat(500_000) + ']'.repeat(500_000),
      [{ pointer: '', detail: 'the JSON is nested too deeply' }],
    ],
    ['that is not an object', () => '[]', [{ pointer: '', detail: 'the value is not an object' }]],
    [
      'with several faults',
      () =>
        action({ status: 'done', created_at: '2026-11-02T04:16:20', color: 'red', events: [{ host: 1 }] }),
      [
        {
          pointer: '/status',
          detail: 'the value is not one of running, stalled, unknown, success, error',
        },
        { pointer: '/created_at', detail: 'the text is not a time with a zone such as 2026-11-01T00:00:00Z' },
        { pointer: '/color', detail: 'the body has no such property' },
        { pointer: '/events/0/host', detail: 'the value is not a text' },
      ],
    ],
    [
      'with an id beyond 2^53',
      () => action({ id: 2 ** 53 }),
      [{ pointer: '/id', detail: 'the number is greater than 9007199254740991' }],
    ],
    [
      'without an id',
      () => action({ id: null }),
      [{ pointer: '/id', detail: 'the line needs an id or an external_id' }],
    ],
    [
      'with two ids of the server',
      () => action({ server: { id: '00000000-0000-4000-8000-000000000000', project_id: 'p-2' } }),
      [
        { pointer: '/server/id', detail: 'it is not the same as server_id' },
        { pointer: '/server/project_id', detail: 'it is not the same as project_id' },
      ],
    ],
    [
      'with an impossible time and a text that cannot be stored',
      () => action({ finished_at: '1960-01-01T00:00:00Z', message: 'a\0b' }),
      [
        {
          pointer: '/finished_at',
          detail: 'the time is not between 1970-01-01T00:00:01Z and 2106-02-07T06:28:15Z',
        },
        { pointer: '/message', detail: 'the text contains NUL or half of a character' },
      ],
    ],
    [
      'of a server of another project',
      (before) => action({ server_id: before['server_id'], project_id: 'p-2' }),
      undefined,
    ],
    ['with more than 1 MiB', () => action({ message: 'x'.repeat(1_048_577) }), undefined],
  ])('keeps the lines before a line %s, and none from there on', async (_what, broken, errors) => {
    const [before, after] = [action(), action()];
    const line = broken(before);
    const lines = [before, line, after].map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
    const { status, body } = await send('', lines);
    expect([status, body]).toEqual([400, expect.objectContaining({ line: 2, kept_lines: 1 })]);
    expect(body['type']).toBe('/action-log/problems/invalid-line');
    if (errors !== undefined) expect(sorted(body['errors'])).toEqual(sorted(errors));
    expect([await isStored(before), await isStored(after)]).toEqual([true, false]);
  });

  it('of a body of another type returns 415, and keeps nothing', async () => {
    const line = action();
    const { status } = await send('', [JSON.stringify(line)], { 'Content-Type': 'application/json' });
    expect([status, await isStored(line)]).toEqual([415, false]);
  });

  it('is only for services', async () => {
    const line = action();
    const { status } = await client.send('tenant', 'POST', ':import', LINES, JSON.stringify(line));
    expect([status, await isStored(line)]).toEqual([403, false]);
  });

  it.each([
    ['POST', '?import=', 400],
    ['POST', `?import=${'x'.repeat(256)}`, 400],
    ['POST', '?first_line=0', 400],
    ['GET', '', 400],
    ['GET', '?import=unknown', 404],
  ])('rejects %s %s with the status %i', async (method, query, expected) => {
    const body = method === 'POST' ? '' : undefined;
    const { status } = await client.send('service', method, `:import${query}`, LINES, body);
    expect(status).toBe(expected);
  });
});

function sorted(errors: unknown): unknown[] {
  return (errors as { pointer: string }[]).toSorted((one, other) => (one.pointer < other.pointer ? -1 : 1));
}
