import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AbstractLogger, type DataSource } from 'typeorm';
import { fillWithExample, ownStore } from '../support/databases/own-store.js';
import { RequestSender } from '../conformance/request-sender.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { EXAMPLE_PATH as PATH } from '../support/process/process.js';
import { Workplace } from '../support/process/workplace.js';
import { type RunningService, startService } from '../support/service/service.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { endedAfterAll } from '../support/ended-after-all.js';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const REQUEST = 'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/** Word for word and in this order: what is compared is text, so that no further key and no other order passes. */
const FIELDS =
  `"action":"create","instance_uuid":"${SERVER}","request_id":"${REQUEST}","user_id":"35746",` +
  '"project_id":"453265","start_time":"2013-07-12T21:35:37.000000","message":null';
const EVENTS =
  '{"event":"compute_run_instance","start_time":"2013-07-12T21:35:42.000000",' +
  '"finish_time":"2013-07-12T21:45:44.000000","result":"Success","traceback":null},' +
  '{"event":"schedule","start_time":"2013-07-12T21:35:38.000000",' +
  '"finish_time":"2013-07-12T21:35:42.000000","result":"Success","traceback":null}';
const EXTERNAL = `{"instanceAction":{${FIELDS}}}`;
const INTERNAL = `{"instanceAction":{${FIELDS},"events":[${EVENTS}]}}`;

const VARY = 'OpenStack-API-Version, X-OpenStack-Nova-API-Version';
const UNKNOWN_SERVER = '00000000-aaa7-4579-a4d7-0bfe42bfa8ff';
const SQL = "' OR '1'='1' -- ; DROP TABLE instance_actions";

describe.each(storeKinds)('showing one action, on %s', (kind, createStore) => {
  let store: TestStore;
  let service: RunningService;
  let sender: RequestSender;

  const keep = endedAfterAll();

  beforeAll(async () => {
    store = keep(await createStore());
    // An empty setting counts as none: these are the shipped demo tokens.
    service = keep(await startService({ DATABASE_URL: store.url, TOKENS_FILE: 'config/demo-tokens.json' }));
    if (kind !== 'SQLite') await fillWithExample(store.url);
    sender = keep(new RequestSender(service.url, 4));
  });

  const get = (
    path: string,
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<ReceivedAnswer> => sender.send({ method: 'GET', path, headers, body });
  const getAs = (token: string, path = PATH): Promise<ReceivedAnswer> => get(path, { 'X-Auth-Token': token });

  it.each([
    ['a tenant the external view', 'demo-tenant', EXTERNAL],
    ['an operator the internal view', 'demo-admin', INTERNAL],
  ])('showing one action gives %s, word for word', async (_whom, token, document) => {
    const { status, headers, body } = await getAs(token);
    expect(status).toBe(200);
    expect(body).toBe(document);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('content-length')).toBe(String(document.length));
  });

  it('showing one action names the version of the answer and the id of the request', async () => {
    const { headers } = await getAs('demo-tenant');
    expect(headers.get('openstack-api-version')).toBe('compute 2.1');
    expect(headers.get('x-openstack-nova-api-version')).toBe('2.1');
    expect(headers.get('vary')).toBe(VARY);
    const requestId = headers.get('x-openstack-request-id');
    expect(requestId).toMatch(/^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(headers.get('x-compute-request-id')).toBe(requestId);
    expect((await getAs('demo-tenant')).headers.get('x-openstack-request-id')).not.toBe(requestId);
  });

  it('showing one action is forbidden to an auditor', async () => {
    const answer = await getAs('demo-auditor');
    const message = "Policy doesn't allow os_compute_api:os-instance-actions:show to be performed.";
    expect(fault(answer)).toEqual([403, { forbidden: { code: 403, message } }]);
  });

  it("showing one action of another project's server returns 404", async () => {
    const answer = await getAs('demo-stranger');
    const message = `Instance ${SERVER} could not be found.`;
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
    const unknown = await getAs('demo-stranger', PATH.replace(SERVER, UNKNOWN_SERVER));
    expect(unknown.body.replace(UNKNOWN_SERVER, SERVER)).toBe(answer.body);
  });

  it.each([
    ['no token', {}],
    ['an empty token', { 'X-Auth-Token': '' }],
    ['a blank token', { 'X-Auth-Token': '  ' }],
    ['an unknown token', { 'X-Auth-Token': 'nobody' }],
    ['the beginning of a token', { 'X-Auth-Token': 'demo-admi' }],
    ['a token in another case', { 'X-Auth-Token': 'DEMO-ADMIN' }],
    ['a token elsewhere', { Authorization: 'Bearer demo-admin' }],
  ])("showing one action answers 401 in Keystone's form to %s", async (_what, headers) => {
    const answer = await get(PATH, headers);
    expect(answer.status).toBe(401);
    expect(answer.body).toBe(
      '{"error":{"code":401,"title":"Unauthorized","message":"The request you have made requires authentication."}}',
    );
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(answer.headers.get('www-authenticate')).toBe(`Keystone uri="${service.url}/"`);
    expect(answer.headers.get('x-openstack-request-id')).toMatch(/^req-/);
    expect(answer.headers.get('x-compute-request-id')).toBe(answer.headers.get('x-openstack-request-id'));
  });

  it.each([
    ['no UUID', 'my-server'],
    ['unknown', UNKNOWN_SERVER],
    ['of 300 characters', 'a'.repeat(300)],
    ['of 300 hexadecimal digits and then a UUID', `${'0'.repeat(300)}${SERVER}`],
    ['SQL', `${SERVER}${SQL}`],
  ])('showing one action finds no server under an id that is %s', async (_what, id) => {
    const answer = await getAs('demo-admin', PATH.replace(SERVER, encodeURIComponent(id)));
    const message = `Instance ${id} could not be found.`;
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
  });

  it.each([
    ['unknown', 'req-00000000-c8c9-4d02-9d3d-81917e5586df'],
    ['the beginning of one', REQUEST.slice(0, -1)],
    ['of 300 characters', 'r'.repeat(300)],
    ['SQL', SQL],
    ['SQL after a known one', `${REQUEST}${SQL}`],
    ['a pattern', 'req-%'],
  ])('showing one action finds no action under a request id that is %s', async (_what, id) => {
    const answer = await getAs('demo-tenant', PATH.replace(REQUEST, encodeURIComponent(id)));
    const message = `Action ${id} not found`;
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
    expect((await getAs('demo-tenant')).body).toBe(EXTERNAL);
  });

  it.each([
    ['JSON', '{"instanceAction":{"action":"delete"}}'],
    ['broken JSON', '{"instanceAction":'],
    ['as long a one as is taken', JSON.stringify('x'.repeat(114_686))],
  ])('showing one action ignores a body: %s', async (_what, body) => {
    const headers = { 'X-Auth-Token': 'demo-tenant', 'Content-Type': 'application/json' };
    const withLength = { ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
    for (const sent of [withLength, { ...headers, 'Transfer-Encoding': 'chunked' }]) {
      const answer = await get(PATH, sent, body);
      expect([answer.status, answer.body]).toEqual([200, EXTERNAL]);
    }
    expect((await getAs('demo-tenant')).body).toBe(EXTERNAL);
  });

  it.each(['compute abc', 'compute 2', 'compute 2.01', 'compute v2.1'])(
    'showing one action refuses version %s',
    async (asked) => {
      const answer = await get(PATH, { 'X-Auth-Token': 'demo-tenant', 'OpenStack-API-Version': asked });
      const message = `API Version String ${asked.slice(8)} is of invalid format. Must be of format MajorNum.MinorNum.`;
      expect(fault(answer)).toEqual([400, { badRequest: { code: 400, message } }]);
      expect(answer.headers.has('openstack-api-version')).toBe(false);
    },
  );

  it.each(['2.0', '2.104', '2.999', '3.1', '1.1'])(
    'showing one action does not support version %s',
    async (asked) => {
      const answer = await get(PATH, {
        'X-Auth-Token': 'demo-tenant',
        'OpenStack-API-Version': `compute ${asked}`,
      });
      const message = `Version ${asked} is not supported by the API. Minimum is 2.1 and maximum is 2.103.`;
      expect(fault(answer)).toEqual([406, { computeFault: { code: 406, message } }]);
      expect(answer.headers.get('openstack-api-version')).toBe(`compute ${asked}`);
      expect(answer.headers.get('x-openstack-nova-api-version')).toBe(asked);
      expect(answer.headers.get('vary')).toBe(VARY);
    },
  );

  it.each([
    ['the external view', 1, 200, 'demo-tenant', PATH],
    ['the internal view', 1, 200, 'demo-admin', PATH],
    ['an unknown action', 1, 404, 'demo-admin', `${PATH}0`],
    ['an unknown server', 1, 404, 'demo-admin', PATH.replace(SERVER, UNKNOWN_SERVER)],
    ["another project's server", 1, 404, 'demo-stranger', PATH],
    ['a forbidden view', 1, 403, 'demo-auditor', PATH],
    ['an id that is none', 0, 404, 'demo-admin', PATH.replace(SERVER, 'my-server')],
    ['an unknown caller', 0, 401, 'nobody', PATH],
  ])(
    'showing one action costs the database, for %s, %i queries',
    async (_what, queries, status, token, path) => {
      const logged = jest.spyOn(AbstractLogger.prototype, 'logQuery');
      try {
        expect((await getAs(token, path)).status).toBe(status);
        expect(logged.mock.calls.map(([sql]) => sql.slice(0, 6))).toEqual(
          Array<string>(queries).fill('SELECT'),
        );
      } finally {
        logged.mockRestore();
      }
    },
  );

  it('showing one action omits soft-deleted actions and events', async () => {
    const gone = 'req-deadbeef-c8c9-4d02-9d3d-81917e5586df';
    await withStore(store.url, async (used) => {
      const action = { instance_uuid: SERVER, action: 'delete', project_id: '453265' };
      const later = new Date('2033-07-12T21:35:37Z');
      // Newer than the one that counts, so that it would be preferred.
      await used.manager.insert('instance_actions', [
        { ...action, request_id: REQUEST, created_at: later, deleted: 901, deleted_at: later },
        { ...action, request_id: gone, created_at: later, deleted: 902, deleted_at: later },
      ]);
      const row = { action_id: 1, event: 'secret', result: 'Error', traceback: 'secret', created_at: later };
      await used.manager.insert('instance_actions_events', { ...row, deleted: 903, deleted_at: later });
    });
    expect((await getAs('demo-tenant')).body).toBe(EXTERNAL);
    expect((await getAs('demo-admin')).body).toBe(INTERNAL);
    const message = `Action ${gone} not found`;
    const answer = await getAs('demo-admin', PATH.replace(REQUEST, gone));
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
    const list = await getAs('demo-admin', PATH.slice(0, PATH.lastIndexOf('/')));
    expect(list.body).toBe(`{"instanceActions":[{${FIELDS}}]}`);
  });

  it.each(['America/New_York', 'Asia/Kathmandu'])(
    'showing one action gives the same times in the time zone %s',
    async (TZ) => {
      const workplace = await Workplace.create();
      try {
        expect(await viewsOf(workplace, { TZ, DATABASE_URL: store.url })).toEqual([EXTERNAL, INTERNAL]);
        // And where the example was also written there:
        if (kind === 'SQLite') expect(await viewsOf(workplace, { TZ })).toEqual([EXTERNAL, INTERNAL]);
      } finally {
        await workplace.remove();
      }
    },
  );
});

/** Status and body of a fault, which all come in one form. */
function fault({ status, headers, body }: ReceivedAnswer): [number, unknown] {
  expect(headers.get('content-type')).toBe('application/json; charset=UTF-8');
  return [status, JSON.parse(body)];
}

async function withStore(url: string, work: (source: DataSource) => Promise<void>): Promise<void> {
  const source = await ownStore(url).initialize();
  try {
    await work(source);
  } finally {
    await source.destroy();
  }
}

/** Both views, as a process of its own gives them. */
async function viewsOf(
  workplace: Workplace,
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const service = workplace.launch(environment);
  const answers = [await service.ask('demo-tenant'), await service.ask('demo-admin')];
  await service.kill();
  return answers.map(({ body }) => body);
}
