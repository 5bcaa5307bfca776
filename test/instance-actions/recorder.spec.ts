import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { hostname } from 'node:os';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Settings } from '../../src/config/settings.js';
import { OwnCells } from '../../src/database/cells/own-cells.js';
import { setDatabaseTimeLimits } from '../../src/database/connection/time-limits.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { requestContext } from '../../src/identity/request-context.js';
import { ActionRecorder } from '../../src/instance-actions/action-recorder.js';
import { Conflict } from '../../src/nova/fault/faults.js';
import type { PoliciesService } from '../../src/nova/policy/policies.service.js';
import type { Server } from '../../src/nova/servers/server.js';
import { ServersService } from '../../src/nova/servers/servers.service.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import {
  CALLER,
  readLog,
  REQUEST,
  resetLog,
  serverOn,
  SERVERS,
  truthOf,
} from '../support/databases/recorded-log.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

/** A time of a column with six digits of a fraction. */
const MICROSECONDS = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

const rename =
  (server: Server, name = 'new') =>
  (manager: EntityManager) =>
    manager.query('UPDATE instances SET display_name = ? WHERE uuid = ?', [name, server.uuid]);

beforeAll(() => {
  setDatabaseTimeLimits(20_000);
});

afterAll(() => {
  setDatabaseTimeLimits(1_800);
});

describe.each(storeKinds)('the recorder of actions on %s', (_kind, create) => {
  let store: TestStore;
  let own: OwnStore;
  let source: DataSource;
  let server: Server;
  const recorder = new ActionRecorder({ HOST_NAME: 'vm' } as Settings);

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    source = keep(await ownStore(store.url).initialize());
  });

  beforeEach(async () => {
    await resetLog(source);
    server = serverOn(own.database);
  });

  it('the recorder returns the result of the work, and records an action with an event that succeeded', async () => {
    const result = await recorder.record(CALLER, server, 'lock', 'api_lock', async (manager) => {
      await rename(server)(manager);
      return 'done';
    });
    expect(result).toBe('done');
    const log = await readLog(source);
    expect(truthOf(log)).toBe('Success');
    const [action, event] = [log.actions[0], log.events[0]];
    expect(action).toMatchObject({
      ...{ action: 'lock', instance_uuid: server.uuid, request_id: REQUEST, message: null },
      ...{ user_id: 'a-user', project_id: 'a-project', deleted: 0, deleted_at: null, finish_time: null },
    });
    expect(event).toMatchObject({
      ...{ action_id: action?.id, event: 'api_lock', result: 'Success', host: 'vm' },
      ...{ details: null, traceback: null, deleted: 0, deleted_at: null },
    });
    for (const time of [action?.created_at, action?.updated_at, event?.start_time, event?.finish_time])
      expect(time).toMatch(MICROSECONDS);
    expect([action?.start_time, event?.created_at, event?.start_time]).toEqual(
      Array.from({ length: 3 }, () => action?.created_at),
    );
    expect([action?.updated_at, event?.updated_at]).toEqual([event?.finish_time, event?.finish_time]);
    expect(String(event?.finish_time) >= String(event?.start_time)).toBe(true);
  });

  it('the recorder commits the action and its event without an end before the work begins', async () => {
    await recorder.record(CALLER, server, 'lock', 'api_lock', async (manager) => {
      await rename(server)(manager);
      expect(truthOf(await readLog(source))).toBe('open');
    });
    expect(truthOf(await readLog(source))).toBe('Success');
  });

  it.each([
    ['a fault that the client gets, with its message', new Conflict('It is busy.'), 'It is busy.'],
    ['any other error, with its class only', new RangeError('s3cret of the deployment'), 'RangeError'],
  ])('the recorder rolls the work back and records %s', async (_what, error, details) => {
    const recorded = recorder.record(CALLER, server, 'lock', 'api_lock', async (manager) => {
      await rename(server)(manager);
      throw error;
    });
    await expect(recorded).rejects.toBe(error);
    const log = await readLog(source);
    expect(truthOf(log)).toBe('Error');
    expect(log.events[0]).toMatchObject({ result: 'Error', details });
    expect(log.events[0]?.traceback).toMatch(/^( {4}at .+\n)+$/);
    expect(log.events[0]?.finish_time).toMatch(MICROSECONDS);
    expect(log.actions[0]).toMatchObject({ message: 'Error', updated_at: log.events[0]?.finish_time });
    expect(JSON.stringify(log)).not.toContain('s3cret');
  });

  it('the recorder does not record the values in a statement that the database rejects', async () => {
    const recorded = recorder.record(CALLER, server, 'lock', 'api_lock', (manager) =>
      manager.query("INSERT INTO instances (uuid, display_name) VALUES (?, 's3cret')", [server.uuid]),
    );
    await expect(recorded).rejects.toThrow();
    const log = await readLog(source);
    expect(log.events[0]).toMatchObject({ result: 'Error', details: 'QueryFailedError' });
    expect(JSON.stringify(log.events)).not.toMatch(/s3cret|INSERT/);
  });

  it('the recorder records each step of an action as an event, until a step fails', async () => {
    const recorded = recorder.recordSteps(CALLER, server, 'resize', async (step) => {
      const first = await step('first', async (manager) => {
        await rename(server, 'one')(manager);
        return 1;
      });
      expect(first).toBe(1);
      await step('second', async (manager) => {
        await rename(server, 'two')(manager);
        throw new Conflict('no');
      });
    });
    await expect(recorded).rejects.toThrow('no');
    const { names, actions, events } = await readLog(source);
    expect(names[0]).toBe('one');
    expect(actions).toMatchObject([
      { action: 'resize', message: 'Error', updated_at: events[1]?.finish_time },
    ]);
    expect(events.map(({ action_id, event, result }) => [action_id, event, result])).toEqual([
      [actions[0]?.id, 'first', 'Success'],
      [actions[0]?.id, 'second', 'Error'],
    ]);
  });

  it('the recorder rejects a step that begins before the previous step has finished', async () => {
    const results = await recorder.recordSteps(CALLER, server, 'resize', (step) =>
      Promise.allSettled([step('first', rename(server)), step('second', rename(server, 'two'))]),
    );
    const reason = expect.objectContaining({
      message: 'the step second begins before the previous step has finished',
    }) as unknown;
    expect(results).toEqual([
      expect.objectContaining({ status: 'fulfilled' }),
      { status: 'rejected', reason },
    ]);
    expect(truthOf(await readLog(source))).toBe('Success');
  });

  it('the recorder records nothing if no step runs', async () => {
    await recorder.recordSteps(CALLER, server, 'resize', () => Promise.resolve());
    expect(truthOf(await readLog(source))).toBe('nothing');
  });

  it('the recorder records the host name of the machine if HOST_NAME is not set, and no project for a caller without one', async () => {
    const system = requestContext({ userId: 'operator', systemScope: 'all' });
    const named = new ActionRecorder({} as Settings);
    await named.record(system, server, 'lock', 'api_lock', rename(server));
    const { actions, events } = await readLog(source);
    expect(actions).toMatchObject([{ user_id: 'operator', project_id: null }]);
    expect(events).toMatchObject([{ host: hostname() }]);
  });

  it('the recorder and the lookup of the server send twelve statements, not counting BEGIN and COMMIT', async () => {
    const policies = { isAdmin: () => false } as unknown as PoliciesService;
    const servers = new ServersService(new OwnCells(own.database), policies);
    const request = { id: SERVERS[0].toUpperCase(), includeDeleted: false, requestId: REQUEST };
    // The first query of a pool also asks the database for its version.
    await servers.find(CALLER, request);
    const runner = source.createQueryRunner();
    const query = jest.spyOn(Object.getPrototypeOf(runner) as QueryRunner, 'query');
    const found = await servers.find(CALLER, request);
    await recorder.record(CALLER, found, 'lock', 'api_lock', rename(found));
    const statements = query.mock.calls.map(([sql]) => sql.split(/[\s(]/).slice(0, 3).join(' '));
    query.mockRestore();
    await runner.release();
    expect(statements.filter((sql) => /^(START|BEGIN|COMMIT)/.test(sql))).toHaveLength(4);
    // The record comes last, so that other transactions wait as shortly as possible for their positions.
    const append = ['UPDATE record_head SET', 'SELECT position, recorded_at', 'INSERT INTO entries'];
    expect(statements.filter((sql) => !/^(START|BEGIN|COMMIT)/.test(sql))).toEqual([
      expect.stringMatching(/^SELECT wanted/),
      'INSERT INTO instance_actions',
      'INSERT INTO instance_actions_events',
      ...append,
      'UPDATE instances SET',
      'UPDATE instance_actions_events SET',
      'UPDATE instance_actions SET',
      ...append,
    ]);
    expect(found).toMatchObject({
      uuid: SERVERS[0],
      projectId: 'a-project',
      userId: 'a-user',
      requestId: REQUEST,
    });
    expect(truthOf(await readLog(source))).toBe('Success');
  });

  it('the recorder records 50 actions at the same time, with two pools of connections, even if they cause deadlocks', async () => {
    const other = await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: false }, TABLES);
    const [one, two] = SERVERS;
    const works = Array.from({ length: 50 }, async (_work, n) => {
      const target = serverOn(n % 2 === 0 ? own.database : other.database, `req-${n}`);
      await recorder.record(CALLER, target, 'lock', 'api_lock', async (manager) => {
        // Half of the works lock the two servers in the opposite order.
        for (const uuid of n % 4 < 2 ? [one, two] : [two, one])
          await manager.query('UPDATE instances SET display_name = ? WHERE uuid = ?', [`name-${n}`, uuid]);
      });
    });
    await Promise.all(works);
    await other.close();
    const { names, actions, events } = await readLog(source);
    expect(new Set(names).size).toBe(1);
    expect(new Set(actions.map(({ request_id }) => request_id)).size).toBe(50);
    expect(events.map(({ result }) => result)).toEqual(Array.from({ length: 50 }, () => 'Success'));
  });
});
