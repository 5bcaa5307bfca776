import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { AbstractLogger, type DataSource } from 'typeorm';
import { fillWithExample, ownStore } from '../support/databases/own-store.js';
import { RequestSender } from '../conformance/request-sender.js';
import type { ReceivedAnswer } from '../conformance/compare.js';
import { EXAMPLE_PATH as PATH } from '../support/process/process.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import { type RunningService, startService } from '../support/service/service.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const REQUEST = 'req-920c6627-c8c9-4d02-9d3d-81917e5586df';

/**
 * Parts of the expected JSON text. The tests compare texts instead of parsed objects, so that they also detect
 * additional fields and a wrong order of fields.
 */
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

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await createStore());
    // `config/demo-tokens.json` is part of the distribution.
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
    ['the external view to a tenant', 'demo-tenant', EXTERNAL],
    ['the internal view to an operator', 'demo-admin', INTERNAL],
  ])('showing one action returns %s as exactly the expected JSON text', async (_whom, token, document) => {
    const { status, headers, body } = await getAs(token);
    expect(status).toBe(200);
    expect(body).toBe(document);
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('content-length')).toBe(String(document.length));
  });

  it('showing one action returns headers with the microversion and the request id', async () => {
    const { headers } = await getAs('demo-tenant');
    expect(headers.get('openstack-api-version')).toBe('compute 2.1');
    expect(headers.get('x-openstack-nova-api-version')).toBe('2.1');
    expect(headers.get('vary')).toBe(VARY);
    const requestId = headers.get('x-openstack-request-id');
    expect(requestId).toMatch(/^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(headers.get('x-compute-request-id')).toBe(requestId);
    expect((await getAs('demo-tenant')).headers.get('x-openstack-request-id')).not.toBe(requestId);
  });

  it('showing one action returns 403 to a caller with the role auditor', async () => {
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
    ['the first characters of a token', { 'X-Auth-Token': 'demo-admi' }],
    ['a token in another case', { 'X-Auth-Token': 'DEMO-ADMIN' }],
    ['a token in another header', { Authorization: 'Bearer demo-admin' }],
  ])("showing one action returns 401 in Keystone's format for %s", async (_what, headers) => {
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
    ['that is not a UUID', 'my-server'],
    ['that is unknown', UNKNOWN_SERVER],
    ['of 300 characters', 'a'.repeat(300)],
    ['of 300 hexadecimal digits, followed by a UUID', `${'0'.repeat(300)}${SERVER}`],
    ['that contains SQL', `${SERVER}${SQL}`],
  ])('showing one action returns 404 for a server id %s', async (_what, id) => {
    const answer = await getAs('demo-admin', PATH.replace(SERVER, encodeURIComponent(id)));
    const message = `Instance ${id} could not be found.`;
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
  });

  it.each([
    ['that is unknown', 'req-00000000-c8c9-4d02-9d3d-81917e5586df'],
    ['without its last character', REQUEST.slice(0, -1)],
    ['of 300 characters', 'r'.repeat(300)],
    ['that is SQL', SQL],
    ['followed by SQL', `${REQUEST}${SQL}`],
    ['that is an SQL pattern', 'req-%'],
  ])('showing one action returns 404 for a request id %s', async (_what, id) => {
    const answer = await getAs('demo-tenant', PATH.replace(REQUEST, encodeURIComponent(id)));
    const message = `Action ${id} not found`;
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
    expect((await getAs('demo-tenant')).body).toBe(EXTERNAL);
  });

  it.each([
    ['JSON', '{"instanceAction":{"action":"delete"}}'],
    ['broken JSON', '{"instanceAction":'],
    ['JSON of the maximum size', JSON.stringify('x'.repeat(114_686))],
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
    'showing one action returns 400 for the malformed microversion %s',
    async (version) => {
      const answer = await get(PATH, { 'X-Auth-Token': 'demo-tenant', 'OpenStack-API-Version': version });
      const message = `API Version String ${version.slice(8)} is of invalid format. Must be of format MajorNum.MinorNum.`;
      expect(fault(answer)).toEqual([400, { badRequest: { code: 400, message } }]);
      expect(answer.headers.has('openstack-api-version')).toBe(false);
    },
  );

  it.each(['2.0', '2.104', '2.999', '3.1', '1.1'])(
    'showing one action returns 406 for the unsupported microversion %s',
    async (version) => {
      const answer = await get(PATH, {
        'X-Auth-Token': 'demo-tenant',
        'OpenStack-API-Version': `compute ${version}`,
      });
      const message = `Version ${version} is not supported by the API. Minimum is 2.1 and maximum is 2.103.`;
      expect(fault(answer)).toEqual([406, { computeFault: { code: 406, message } }]);
      expect(answer.headers.get('openstack-api-version')).toBe(`compute ${version}`);
      expect(answer.headers.get('x-openstack-nova-api-version')).toBe(version);
      expect(answer.headers.get('vary')).toBe(VARY);
    },
  );

  it.each([
    ['the external view', 1, 200, 'demo-tenant', PATH],
    ['the internal view', 1, 200, 'demo-admin', PATH],
    ['an unknown action', 1, 404, 'demo-admin', `${PATH}0`],
    ['an unknown server', 1, 404, 'demo-admin', PATH.replace(SERVER, UNKNOWN_SERVER)],
    ["another project's server", 1, 404, 'demo-stranger', PATH],
    ['a caller whom the policy forbids it', 1, 403, 'demo-auditor', PATH],
    ['an invalid server id', 0, 404, 'demo-admin', PATH.replace(SERVER, 'my-server')],
    ['an unknown token', 0, 401, 'nobody', PATH],
  ])(
    'in the case of %s, showing one action executes this number of queries: %i',
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

  it('showing one action never returns soft-deleted actions and events', async () => {
    const deletedRequest = 'req-deadbeef-c8c9-4d02-9d3d-81917e5586df';
    await withStore(store.url, async (used) => {
      const action = { instance_uuid: SERVER, action: 'delete', project_id: '453265' };
      const later = new Date('2033-07-12T21:35:37Z');
      // The first action has the same request id as the action that is not deleted, but is newer. The response would
      // contain it if the service did not omit deleted actions.
      await used.manager.insert('instance_actions', [
        { ...action, request_id: REQUEST, created_at: later, deleted: 901, deleted_at: later },
        { ...action, request_id: deletedRequest, created_at: later, deleted: 902, deleted_at: later },
      ]);
      const row = { action_id: 1, event: 'secret', result: 'Error', traceback: 'secret', created_at: later };
      await used.manager.insert('instance_actions_events', { ...row, deleted: 903, deleted_at: later });
    });
    expect((await getAs('demo-tenant')).body).toBe(EXTERNAL);
    expect((await getAs('demo-admin')).body).toBe(INTERNAL);
    const message = `Action ${deletedRequest} not found`;
    const answer = await getAs('demo-admin', PATH.replace(REQUEST, deletedRequest));
    expect(fault(answer)).toEqual([404, { itemNotFound: { code: 404, message } }]);
    const list = await getAs('demo-admin', PATH.slice(0, PATH.lastIndexOf('/')));
    expect(list.body).toBe(`{"instanceActions":[{${FIELDS}}]}`);
  });

  it.each(['America/New_York', 'Asia/Kathmandu'])(
    'showing one action returns the same times if the process runs in the time zone %s',
    async (TZ) => {
      const workplace = await WorkingFolder.create();
      try {
        expect(await viewsOf(workplace, { TZ, DATABASE_URL: store.url })).toEqual([EXTERNAL, INTERNAL]);
        // Without DATABASE_URL, the process creates an SQLite database and inserts the example data itself. The times
        // must be correct then, too.
        if (kind === 'SQLite') expect(await viewsOf(workplace, { TZ })).toEqual([EXTERNAL, INTERNAL]);
      } finally {
        await workplace.remove();
      }
    },
  );
});

/** Returns the status and the parsed body of a fault. Checks its Content-Type. */
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

/** Starts the service as a separate process. Returns the JSON text of the external and of the internal view. */
async function viewsOf(
  workplace: WorkingFolder,
  environment: Readonly<Record<string, string>>,
): Promise<string[]> {
  const service = workplace.launch(environment);
  const answers = [await service.get('demo-tenant'), await service.get('demo-admin')];
  await service.kill();
  return answers.map(({ body }) => body);
}
