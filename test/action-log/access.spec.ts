import { beforeAll, describe, expect, it } from '@jest/globals';
import { readRecordKeys } from '../../src/ledger/actions/record-keys.js';
import { type CallerName, CALLERS } from '../support/action-log/callers.js';
import { generateLog } from '../support/action-log/generated-log.js';
import { insertIndexedLog } from '../support/action-log/indexed-log.js';
import { type Item, type LogBody, LogClient, type LogResponse } from '../support/action-log/log-client.js';
import { startLogService } from '../support/action-log/log-service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { migrateOwnStore, ownStore } from '../support/databases/own-store.js';
import { createSqlite } from '../support/databases/stores.js';
import { sendRequest } from '../support/process/access-log.js';
import { WorkingFolder } from '../support/process/working-folder.js';
import type { LogLine, ServiceProcess } from '../support/process/process.js';
import { until } from '../support/time/until.js';

const LINES = { Accept: 'application/x-ndjson' };
const log = generateLog(7, 400);

/** Returns the id in the copy of an action on a server of a project, which has events. */
function actionOf(project: string): number {
  const found = log.actions.find(
    ({ isShown, cell, server, events }) =>
      isShown && cell > 0 && server?.project_id === project && events.length > 0,
  );
  if (found === undefined) throw new Error(`the log has no such action in ${project}`);
  return found.copyId;
}

/** The requests of the tests. `LARGE` and `P2` are replaced by the id of an action on a server of this project. */
const REQUESTS = {
  list: '',
  export: '',
  all: '?all_projects=true',
  exportAll: '?all_projects=true',
  host: '?host=neq:host-1',
  allOnHost: '?host=neq:host-1&all_projects=true',
  cell: '?cell=cell-a',
  notInCell: '?cell=nin:cell-a&all_projects=true',
  showLarge: '/LARGE',
  showP2: '/P2',
  entriesLarge: '/LARGE/entries',
  entriesP2: '/P2/entries',
} as const;

type RequestName = keyof typeof REQUESTS;

const NAMES = Object.keys(REQUESTS) as readonly RequestName[];

/** The status for each request in the order of `REQUESTS`; the projects of the callers are in `CALLERS`. */
const STATUSES: Readonly<Record<CallerName, string>> = {
  //                list exp  all  expA host aHost cell nCell shL shP2 entL entP2
  tenant: '         200  200  403  403  403  403   403  403   200 404  200  404',
  otherTenant: '    200  200  403  403  403  403   403  403   404 200  404  200',
  withoutRole: '    403  403  403  403  403  403   403  403   403 404  403  404',
  service: '        403  403  403  403  403  403   403  403   403 404  403  404',
  otherService: '   403  403  403  403  403  403   403  403   404 403  404  403',
  auditor: '        200  200  200  200  200  200   200  200   200 200  200  200',
  admin: '          200  200  200  200  200  200   200  200   200 200  200  200',
  unscoped: '       403  403  403  403  403  403   403  403   403 403  403  403',
  unscopedAuditor: '403  403  200  200  403  200   403  200   403 403  403  403',
  unscopedAdmin: '  403  403  200  200  403  200   403  200   403 403  403  403',
  domainAdmin: '    403  403  403  403  403  403   403  403   403 403  403  403',
  systemAdmin: '    403  403  403  403  403  403   403  403   403 403  403  403',
};

/** The fields that only some callers see. */
const FIELDS = ['host', 'cell', 'traceback', 'details', 'nova_id', 'position'];

const VISIBLE: Readonly<Partial<Record<CallerName, readonly string[]>>> = {
  auditor: ['host', 'cell', 'position'],
  unscopedAuditor: ['host', 'cell', 'position'],
  admin: FIELDS,
  unscopedAdmin: FIELDS,
};

describe('access to the log of all servers', () => {
  let client: LogClient;
  let publicIds: Readonly<Record<string, number | undefined>>;
  const keep = closeAfterAll();

  beforeAll(async () => {
    const { url } = keep(await createSqlite());
    await migrateOwnStore(url);
    const source = keep(await ownStore(url).initialize());
    await insertIndexedLog(source, log);
    const { ids } = await readRecordKeys(source);
    const [LARGE, P2] = ids.permute('action', [actionOf('p-large'), actionOf('p-2')]);
    publicIds = { LARGE, P2 };
    client = await LogClient.of(keep(await startLogService({ DATABASE_URL: url })));
  });

  function send(caller: CallerName, name: RequestName, more = ''): Promise<LogResponse> {
    const path = REQUESTS[name].replace(/LARGE|P2/, (project) => String(publicIds[project]));
    return client.get(caller, path + more, name.startsWith('export') ? LINES : {});
  }

  it.each(Object.entries(STATUSES) as [CallerName, string][])(
    'the policies and the scope of the token decide which requests succeed: %s',
    async (caller, statuses) => {
      const expected = statuses.trim().split(/\s+/);
      const found = await Promise.all(NAMES.map((name) => send(caller, name)));
      expect(NAMES.map((name, index) => [name, String(found[index]?.status)])).toEqual(
        NAMES.map((name, index) => [name, expected[index]]),
      );
    },
  );

  it.each([
    ['all', 'action_log:all_projects'],
    ['host', 'action_log:hosts'],
    ['notInCell', 'action_log:hosts'],
  ] as const)('the 403 for a tenant names the policy: %s', async (name, policy) => {
    const { body } = await send('tenant', name);
    expect(body.detail).toBe(`Policy doesn't allow ${policy} to be performed.`);
  });

  it.each(Object.keys(CALLERS) as CallerName[])(
    'a response has only the fields that %s may see',
    async (caller) => {
      const responses = await Promise.all([
        ...(['list', 'all', 'showLarge', 'entriesLarge', 'export', 'exportAll'] as const).map((name) =>
          send(
            caller,
            name,
            name === 'list' || name === 'all' ? `${REQUESTS[name] ? '&' : '?'}include=events` : '',
          ),
        ),
      ]);
      const text = responses.filter(({ status }) => status === 200).map((one) => one.text);
      expect(FIELDS.filter((field) => text.join().includes(`"${field}":`))).toEqual(VISIBLE[caller] ?? []);
    },
  );

  it('a list without all_projects has only the project of the token, also for an administrator', async () => {
    for (const [caller, project] of [
      ['tenant', 'p-large'],
      ['auditor', 'p-2'],
      ['admin', 'p-2'],
    ] as const) {
      const { body } = await send(caller, 'list');
      expect(body.actions?.length).toBeGreaterThan(10);
      expect(new Set(body.actions?.map((item) => item['project_id']))).toEqual(new Set([project]));
      expect(body['stable_until']).not.toHaveProperty('position');
      const foreign = await client.get(caller, '?project_id=p-3');
      expect([foreign.status, foreign.body]).toEqual([
        200,
        { actions: [], stable_until: { time: expect.any(String) } },
      ]);
    }
    const { body } = await send('auditor', 'all');
    expect(new Set(body.actions?.map((item) => item['project_id'])).size).toBeGreaterThan(3);
  });
});

describe('a service with the example data', () => {
  const keep = closeAfterAll();
  let service: ServiceProcess;

  beforeAll(async () => {
    const folder = keep(await WorkingFolder.create());
    service = folder.launch({ ACCESS_LOG: 'false', LOG_LEVEL: 'error' });
    for (const token of ['demo-tenant', 'demo-stranger'])
      await until(async () => (await actionsOf(token)).length > 0, 'a search finds actions');
  });

  async function actionsOf(token: string, query = ''): Promise<readonly Item[]> {
    const { body } = await sendRequest(service, { 'X-Auth-Token': token }, `/action-log/v1/actions${query}`);
    return (JSON.parse(body) as LogBody).actions ?? [];
  }

  it('the demo tokens of a tenant and of a stranger list the actions of their projects', async () => {
    for (const [token, project] of [
      ['demo-tenant', '453265'],
      ['demo-stranger', '990000'],
    ] as const) {
      const actions = await actionsOf(token, '?include=events');
      expect(actions.length).toBeGreaterThan(0);
      expect(new Set(actions.map(({ project_id: owner }) => owner))).toEqual(new Set([project]));
    }
  });

  it('each read across projects and each internal view has a line in the audit log, also without access log and at LOG_LEVEL=error', async () => {
    const [foreign] = await actionsOf('demo-stranger');
    const [own] = await actionsOf('demo-tenant');
    const [tenant, auditor, admin] = ['35746', '35748', '35747'];
    const requests = [
      ['demo-tenant', '', []],
      ['demo-tenant', `/${String(own?.['id'])}`, []],
      ['demo-tenant', `/${String(foreign?.['id'])}`, []],
      ['demo-tenant', '?all_projects=true', [['audited read', 'all projects', tenant, 403]]],
      ['demo-auditor', '', []],
      ['demo-auditor', '?all_projects=true', [['audited read', 'all projects', auditor, 200]]],
      ['demo-auditor', `/${String(foreign?.['id'])}`, [['audited read', 'all projects', auditor, 200]]],
      ['demo-admin', '?limit=1', [['audited read', 'internal view', admin, 200]]],
      ['demo-admin', `/${String(own?.['id'])}/entries`, [['audited read', 'internal view', admin, 200]]],
      [
        'demo-admin',
        '?all_projects=true&action=create',
        [
          ['audited read starts', 'all projects', admin, undefined],
          ['audited read', 'all projects', admin, 200],
        ],
      ],
    ] as const;
    for (const [token, path] of requests) {
      const headers = { 'X-Auth-Token': token, ...(path.endsWith('create') && LINES) };
      await sendRequest(service, headers, `/action-log/v1/actions${path}`);
    }
    const expected = requests.flatMap(([, , lines]) => lines as readonly unknown[]);
    await until(() => auditLines().length >= expected.length, 'all audited reads are logged');
    const found = auditLines();
    expect(found.map(({ msg, reason, user_id, status }) => [msg, reason, user_id, status])).toEqual(expected);
    expect(found.at(-1)).toMatchObject({ query: 'all_projects=true&action=create' });
    expect(service.output).not.toContain('demo-');
  });

  function auditLines(): readonly LogLine[] {
    return service.log.filter(({ logger }) => logger === 'Audit');
  }
});
