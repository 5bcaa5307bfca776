import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { LargeReads, MAX_EXPORTS, MAX_EXPORTS_PER_CALLER } from '../../src/action-log/large-reads.js';
import { currentTime } from '../../src/database/rows/time.js';
import { project } from '../../src/ledger/copy/projection.js';
import { append } from '../../src/ledger/record/record.js';
import { readRecordKeys, type RecordKeys } from '../../src/ledger/actions/record-keys.js';
import type { SearchQuery } from '../../src/ledger/search/search-query.js';
import { expectedItem, withoutInternalFields } from '../support/action-log/expected-items.js';
import { generateLog } from '../support/action-log/generated-log.js';
import { insertIndexedLog } from '../support/action-log/indexed-log.js';
import { type Item, LogClient } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { asReference, randomSearch } from '../support/action-log/random-searches.js';
import { type ReferenceAction, referenceAction, referenceList } from '../support/action-log/reference.js';
import { searchParameters } from '../support/action-log/search-parameters.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { storeKinds } from '../support/databases/stores.js';
import { actionEntry } from '../support/ledger/entries.js';
import { Random, testSeed } from '../support/random.js';
import type { RunningService } from '../support/service/service.js';

/** The number of random requests to each store, and the maximum number of pages that the test reads for each. */
const REQUESTS = 150;
const MAX_PAGES = 2;

const seed = testSeed('reading the log');
const log = generateLog(seed);
const actions = log.actions.filter(({ isShown }) => isShown).map(referenceAction);

const FOREIGN = actions.find(({ of }) => of.server?.project_id === 'p-2') as ReferenceAction;
/** An action of the tenant with two events. */
const OWN = actions.find(
  ({ of }) => of.cell === 1 && of.server?.project_id === 'p-large' && of.events.length === 2,
) as ReferenceAction;

describe.each(storeKinds)('the log over HTTP on %s', (_kind, create) => {
  let source: DataSource;
  let client: LogClient;
  let service: RunningService;
  let keys: RecordKeys;
  /** The ids that clients see, by those of the copy. */
  let publicIds: ReadonlyMap<number, number | undefined>;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
    await insertIndexedLog(source, log);
    keys = await readRecordKeys(source);
    const copyIds = actions.map(({ id }) => id);
    const permuted = keys.ids.permute('action', copyIds);
    publicIds = new Map(copyIds.map((id, index) => [id, permuted[index]]));
    service = keep(await startLogService({ DATABASE_URL: store.url }));
    client = await LogClient.of(service);
  });

  const idOf = (action: ReferenceAction): number | undefined => publicIds.get(action.id);

  /** Sends the request of a search, and reads the first pages. */
  async function firstPages(
    query: SearchQuery,
  ): Promise<{ readonly items: Item[]; readonly isEnd: boolean }> {
    const parameters = searchParameters(query);
    parameters.set('limit', String(query.limit));
    const isAll = 'all' in query.scope;
    if (isAll) parameters.set('all_projects', 'true');
    const caller = isAll ? 'admin' : { tenantOf: query.scope.project };
    const items: Item[] = [];
    let path: string | undefined = `?${parameters.toString()}`;
    for (let page = 0; page < MAX_PAGES && path !== undefined; page += 1) {
      const { status, body, headers } = await client.get(caller, path);
      expect([status, body.detail]).toEqual([200, undefined]);
      items.push(...(body.actions ?? []));
      path = body.next;
      if (path !== undefined) expect(headers.get('Link')).toContain(`<${path}>; rel="next"`);
    }
    return { items, isEnd: path === undefined };
  }

  it(`returns the same actions as the rows for ${REQUESTS} random requests`, async () => {
    for (let index = 0; index < REQUESTS; index += 1) {
      const random = new Random(seed * REQUESTS + index);
      const query = randomSearch(random, actions);
      const hasHosts = query.cells !== undefined || query.conditions.some(({ field }) => field === 'host');
      if (hasHosts && !('all' in query.scope)) continue;
      const now = currentTime();
      const list = referenceList(actions, { ...asReference(query), now });
      const { items, isEnd } = await firstPages(query);
      const expected = list.slice(0, isEnd ? undefined : items.length);
      expect([query, items.map(withoutInternalFields)]).toEqual([
        query,
        expected.map((action) => expectedItem(action, idOf(action), now)),
      ]);
    }
  });

  it('names all faults of a request', async () => {
    const { status, body } = await client.get(
      'tenant',
      '?colour=red&action=like:x&created_at=gt:2026-11-01&limit=0',
    );
    expect([status, body['type']]).toEqual([400, '/action-log/problems/validation-failed']);
    expect(body.errors?.map(({ parameter }) => parameter)).toEqual([
      'colour',
      'action',
      'created_at',
      'limit',
    ]);
  });

  it('an unknown, cut or changed cursor, and a cursor of another list, returns 400', async () => {
    const of = async (caller: 'admin' | 'tenant', query: string): Promise<string> => {
      const { body } = await client.get(caller, `?limit=5&${query}`);
      return new URL(body.next ?? '').searchParams.get('cursor') ?? '';
    };
    const cursor = await of('tenant', 'action=neq:stop');
    const changed = [...cursor].map(
      (letter, index) => `${cursor.slice(0, index)}${letter === 'A' ? 'B' : 'A'}${cursor.slice(index + 1)}`,
    );
    for (const text of ['', 'x', cursor.slice(1), cursor.slice(0, -1), `${cursor}A`, ...changed]) {
      const { status, body } = await client.get('tenant', `?action=neq:stop&cursor=${text}`);
      expect([text, status, body['type']]).toEqual([text, 400, '/action-log/problems/cursor-invalid']);
    }
    const all = await of('admin', 'action=neq:stop&all_projects=true');
    for (const [caller, query] of [
      ['tenant', `cursor=${cursor}`],
      ['tenant', `action=neq:start&cursor=${cursor}`],
      ['tenant', `action=neq:stop&sort=created_at:asc&cursor=${cursor}`],
      ['tenant', `action=neq:stop&status=error&cursor=${cursor}`],
      ['otherTenant', `action=neq:stop&cursor=${cursor}`],
      ['admin', `action=neq:stop&cursor=${cursor}`],
      ['admin', `action=neq:stop&all_projects=true&cursor=${cursor}`],
      ['admin', `action=neq:stop&cursor=${all}`],
      ['tenant', `action=neq:stop&cursor=${all}`],
    ] as const) {
      const { status, body } = await client.get(caller, `?${query}`);
      expect([query, status, body['type']]).toEqual([query, 400, '/action-log/problems/cursor-mismatch']);
    }
    const other = await client.get('tenant', `?include=events&limit=7&action=neq:stop&cursor=${cursor}`);
    expect([other.status, other.body.actions?.length]).toEqual([200, 7]);
  });

  it('shows an action with its events and its server, as the list does', async () => {
    for (const caller of ['tenant', 'admin'] as const) {
      const query = `?request_id=${OWN.of.action.request_id ?? ''}&include=events&limit=1000`;
      const all = caller === 'admin' ? '&all_projects=true' : '';
      const { body } = await client.get(caller, query + all);
      const item = body.actions?.find(({ id }) => id === idOf(OWN));
      const shown = await client.get(caller, `/${idOf(OWN)}`);
      const { server, ...fields } = shown.body;
      expect(fields).toEqual(item);
      expect(server).toMatchObject({ id: OWN.of.action.instance_uuid, project_id: 'p-large' });
    }
  });

  it('a response about one action has a strong ETag, and the client can revalidate it', async () => {
    const path = `/${idOf(OWN)}`;
    const first = await client.get('tenant', path);
    const etag = first.headers.get('ETag') ?? '';
    expect(etag).toMatch(/^"[^"]+"$/);
    const again = await client.get('tenant', path, { 'If-None-Match': etag });
    expect([again.status, again.text, again.headers.get('ETag')]).toEqual([304, '', etag]);
    expect((await client.get('admin', path, { 'If-None-Match': etag })).status).toBe(200);
    const change = 'UPDATE copied_instance_actions SET message = ? WHERE id = ?';
    await source.query(change, ['changed', OWN.id]);
    const changed = await client.get('tenant', path, { 'If-None-Match': etag });
    expect([changed.status, changed.body['message']]).toEqual([200, 'changed']);
    await source.query(change, [OWN.of.action.message, OWN.id]);
    expect((await client.get('tenant', path, { 'If-None-Match': etag })).status).toBe(304);
  });

  it('an action of another project and an id without an action return the same 404, and an invalid id returns 400', async () => {
    const absent = keys.ids.permute('action', [2 ** 53 - 1])[0];
    for (const route of ['', '/entries']) {
      const bodies = [idOf(FOREIGN), absent].map(async (id) => {
        const { status, body } = await client.get('tenant', `/${id}${route}`);
        return [status, { ...body, request_id: undefined, detail: body.detail?.replace(String(id), 'ID') }];
      });
      const [foreign, none] = await Promise.all(bodies);
      expect(foreign).toEqual(none);
      expect(none?.[0]).toBe(404);
      for (const id of ['x', '-1', '1.5', '0x10', '9007199254740992', '99999999999999999999']) {
        const { status, body } = await client.get('tenant', `/${id}${route}`);
        expect([id, status, body.errors]).toMatchObject([id, 400, [{ parameter: 'id' }]]);
      }
    }
  });

  it('the history of an action has its versions, the newest first, in the view of the caller', async () => {
    const { cell, epoch, action, events } = OWN.of;
    for (const message of ['second', 'third']) {
      const [row] = await source.query<{ position: number | string }[]>(
        'SELECT position FROM copied_instance_actions WHERE id = ?',
        [OWN.id],
      );
      const about = { cell, epoch, previous: Number(row?.position) };
      await source.transaction(async (manager) => {
        const changed = events.map((event) => ({ ...event, details: 'a detail' }));
        await project(manager, await append(manager, [actionEntry({ ...action, message }, changed, about)]));
      });
    }
    const path = `/${idOf(OWN)}/entries`;
    const first = await client.get('tenant', `${path}?limit=2`);
    const second = await client.get('tenant', first.body.next ?? '');
    expect([first, second].map(({ body }) => body.entries?.map((entry) => entry['message']))).toEqual([
      ['third', 'second'],
      [action.message],
    ]);
    expect(second.body).not.toHaveProperty('next');
    expect(first.text + second.text).not.toMatch(/position|host|a detail|place/);
    const { body } = await client.get('admin', path);
    expect(body.entries?.map(({ position }) => typeof position)).toEqual(['number', 'number', 'number']);
    expect(body.entries?.[0]).toMatchObject({
      kind: 'action',
      place: 'main',
      events: [{ details: 'a detail' }, {}],
    });
    const cursor = new URL(first.body.next ?? '').searchParams.get('cursor') ?? '';
    for (const other of [`/${idOf(FOREIGN)}/entries?cursor=${cursor}`, `?cursor=${cursor}`])
      expect((await client.get('admin', other)).body['type']).toBe('/action-log/problems/cursor-mismatch');
  });

  it('an export has all actions of the list with their events and servers, and says if the list continues', async () => {
    const query = '?action=in:reboot,stop&status=neq:success';
    const headers = { Accept: 'application/x-ndjson' };
    const whole = await client.get('tenant', query, headers);
    expect(whole.lines.at(-1)).toEqual({ end: true });
    const shown = whole.lines.slice(0, -1);
    const listed = await client.get('tenant', `${query}&limit=1000&include=events`);
    expect(shown.map((line) => ({ ...line, server: undefined }))).toEqual(listed.body.actions);
    expect(shown[0]).toEqual((await client.get('tenant', `/${String(shown[0]?.['id'])}`)).body);
    const parts = [await client.get('tenant', `${query}&limit=7`, headers)];
    for (let next = parts[0]?.lines.at(-1)?.next; next !== undefined; next = parts.at(-1)?.lines.at(-1)?.next)
      parts.push(await client.get('tenant', next, headers));
    expect(parts.every(({ lines }) => lines.length <= 8)).toBe(true);
    expect(parts.flatMap(({ lines }) => lines.slice(0, -1))).toEqual(shown);
    expect(parts.at(-1)?.lines.at(-1)).toEqual({ end: true });
  });

  it('small pages do not wait for large reads, and a large page is read after them, also backwards', async () => {
    const largeReads = service.application.get(LargeReads);
    let free = (): void => undefined;
    const freed = new Promise<void>((resolve) => (free = resolve));
    const { signal } = new AbortController();
    const running = ['first', 'second'].map((name) => largeReads.run(name, signal, () => freed));
    const order: string[] = [];
    const large = client.get('tenant', '?limit=250').then((response) => {
      order.push('large');
      return response;
    });
    const small = await client.get('tenant', '?limit=100');
    order.push('small');
    expect([small.status, small.body.actions?.length]).toEqual([200, 100]);
    free();
    await Promise.all(running);
    const { status, body } = await large;
    expect([status, order]).toEqual([200, ['small', 'large']]);
    const second = await client.get('tenant', body.next ?? '');
    const back = await client.get('tenant', second.body.previous ?? '');
    expect([back.body.actions, back.body.next]).toEqual([body.actions, body.next]);
    const all = await client.get('tenant', '?limit=1000');
    expect(all.body.actions?.slice(0, 250)).toEqual(body.actions);
    expect(body.actions?.length).toBe(250);
  });

  it('an export above the limits gets 429 or 503', async () => {
    const largeReads = service.application.get(LargeReads);
    const headers = { Accept: 'application/x-ndjson' };
    const close = Array.from({ length: MAX_EXPORTS_PER_CALLER }, () => largeReads.openExport('p-large'));
    const own = await client.get('tenant', '?limit=1', headers);
    expect([own.status, own.body['type'], own.headers.get('Retry-After')]).toEqual([
      429,
      '/action-log/problems/too-many-exports',
      '10',
    ]);
    expect((await client.get('otherTenant', '?limit=1', headers)).status).toBe(200);
    for (let open = MAX_EXPORTS_PER_CALLER; open < MAX_EXPORTS; open += 1)
      close.push(largeReads.openExport(`p-${Math.floor(open / MAX_EXPORTS_PER_CALLER)}-of-many`));
    const other = await client.get('otherTenant', '?limit=1', headers);
    expect([other.status, other.body['type']]).toEqual([503, '/action-log/problems/unavailable']);
    for (const one of close) one();
    expect((await client.get('tenant', '?limit=1', headers)).lines).toHaveLength(2);
  });
});
