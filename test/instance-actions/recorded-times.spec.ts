import { beforeAll, describe, expect, it } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { ActionRecorder } from '../../src/instance-actions/action-recorder.js';
import { BadRequest } from '../../src/nova/fault/faults.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import { CALLER, readLog, resetLog, serverOn, SERVERS } from '../support/databases/recorded-log.js';
import { storeKinds } from '../support/databases/stores.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';

const REQUESTS = ['req-1', 'req-2', 'req-3'] as const;

/** The times of change of the three actions. The first two are in the same second. */
const TIMES = ['2026-05-01 10:00:00.200000', '2026-05-01 10:00:00.700001', '2026-05-01 10:00:02.999999'];

const SECONDS = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.000000';

interface Action {
  readonly request_id: string;
  readonly updated_at: string;
}

describe.each(storeKinds)('recorded actions on %s', (_kind, create) => {
  let source: DataSource;
  let service: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await create());
    const own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    source = keep(await ownStore(store.url).initialize());
    service = keep(await startService({ DATABASE_URL: store.url, HOST_NAME: 'vm' }));
    await resetLog(source);
    const recorder = service.application.get(ActionRecorder, { strict: false });
    for (const request of REQUESTS) {
      const done = recorder.record(CALLER, serverOn(own.database, request), 'lock', 'api_lock', () =>
        request === 'req-3' ? Promise.reject(new BadRequest('too late')) : Promise.resolve(),
      );
      await done.catch(() => undefined);
    }
  });

  async function get(path: string): Promise<string> {
    const answer = await fetch(`${service.url}/v2.1/servers/${SERVERS[0]}/os-instance-actions${path}`, {
      headers: { 'X-Auth-Token': personaTokens['admin'] ?? '', 'OpenStack-API-Version': 'compute 2.84' },
    });
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.text();
  }

  async function list(path: string): Promise<Action[]> {
    const { instanceActions } = JSON.parse(await get(path)) as { instanceActions: Action[] };
    return instanceActions;
  }

  it('recorded actions are shown as Nova shows them, in whole seconds', async () => {
    const action = (request: string, message: string): string =>
      `"action":"lock","instance_uuid":"${SERVERS[0]}","request_id":"${request}","user_id":"a-user",` +
      `"project_id":"a-project","start_time":"${SECONDS}","message":${message},"updated_at":"${SECONDS}"`;
    const event = (outcome: string): string =>
      `"events":\\[{"event":"api_lock","start_time":"${SECONDS}","finish_time":"${SECONDS}",${outcome}}\\]`;
    const ended = '"result":"Success","traceback":null,"host":"vm","hostId":"[0-9a-f]{56}","details":null';
    expect(await get('/req-1')).toMatch(
      new RegExp(`^{"instanceAction":{${action('req-1', 'null')},${event(ended)}}}$`),
    );
    const failed = ended
      .replace('"Success"', '"Error"')
      .replace('"traceback":null', '"traceback":" {4}at .*\\\\n"')
      .replace('"details":null', '"details":"too late"');
    expect(await get('/req-3')).toMatch(
      new RegExp(`^{"instanceAction":{${action('req-3', '"Error"')},${event(failed)}}}$`),
    );
    expect(await get('')).toMatch(new RegExp(`"instanceActions":\\[{${action('req-3', '"Error"')}},`));
  });

  it('recorded actions are listed newest first on all pages, even if several are of the same second', async () => {
    expect((await list('')).map((one) => one.request_id)).toEqual(['req-3', 'req-2', 'req-1']);
    expect((await list('?limit=1')).map((one) => one.request_id)).toEqual(['req-3']);
    expect((await list('?limit=1&marker=req-3')).map((one) => one.request_id)).toEqual(['req-2']);
    expect((await list('?limit=5&marker=req-2')).map((one) => one.request_id)).toEqual(['req-1']);
  });

  it.each([
    ['changes-since=2026-05-01T10:00:00Z', ['req-3', 'req-2', 'req-1']],
    ['changes-since=2026-05-01T10:00:00.000001Z', ['req-3']],
    ['changes-since=2026-05-01T10:00:02Z', ['req-3']],
    ['changes-since=2026-05-01T10:00:02.5Z', []],
    ['changes-before=2026-05-01T09:59:59.999999Z', []],
    ['changes-before=2026-05-01T10:00:00Z', ['req-2', 'req-1']],
    ['changes-before=2026-05-01T10:00:01.999999Z', ['req-2', 'req-1']],
    ['changes-before=2026-05-01T10:00:02Z', ['req-3', 'req-2', 'req-1']],
    ['changes-since=2026-05-01T10:00:00Z&changes-before=2026-05-01T10:00:00Z', ['req-2', 'req-1']],
  ])('recorded actions are filtered by whole seconds, as in Nova: %s', async (query, requests) => {
    for (const [index, request] of REQUESTS.entries())
      await source.query('UPDATE instance_actions SET updated_at = ? WHERE request_id = ?', [
        TIMES[index],
        request,
      ]);
    const { actions } = await readLog(source);
    expect(actions.map((one) => one.updated_at)).toEqual(TIMES);
    const found = await list(`?${query}`);
    expect(found.map((one) => one.request_id)).toEqual(requests);
    for (const { updated_at: time } of found) expect(time).toMatch(/^2026-05-01T10:00:0[02]\.000000$/);
  });
});
