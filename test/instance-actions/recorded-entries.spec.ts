import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import type { Settings } from '../../src/config/settings.js';
import { CommitUnconfirmed } from '../../src/database/connection/database.js';
import { setDatabaseTimeLimits } from '../../src/database/connection/time-limits.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { ActionRecorder } from '../../src/instance-actions/action-recorder.js';
import type { ActionBody, Entry } from '../../src/ledger/record/entry.js';
import { entriesAfter, head } from '../../src/ledger/record/record.js';
import { Conflict } from '../../src/nova/fault/faults.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import { CALLER, readLog, resetLog, serverOn, SERVERS } from '../support/databases/recorded-log.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

const rename = (manager: EntityManager): Promise<unknown> =>
  manager.query("UPDATE instances SET display_name = 'new' WHERE uuid = ?", [SERVERS[0]]);

const fail = (): Promise<never> => Promise.reject(new Conflict('It is busy.'));

beforeAll(() => {
  setDatabaseTimeLimits(20_000);
});

afterAll(() => {
  setDatabaseTimeLimits(1_800);
});

describe.each(storeKinds)('the record of the own store on %s', (_kind, create) => {
  let own: OwnStore;
  let source: DataSource;
  let start: number;
  const recorder = new ActionRecorder({ HOST_NAME: 'vm' } as Settings);

  const keep = closeAfterAll();

  beforeAll(async () => {
    const store: TestStore = keep(await create());
    own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    source = keep(await ownStore(store.url).initialize());
  });

  beforeEach(async () => {
    await resetLog(source);
    start = (await head(source)).position;
  });

  const entries = (): Promise<Entry[]> => entriesAfter(source, start, 1_000);

  /** Returns what each event of an entry says about its end. */
  const results = ({ body }: Entry): (string | null)[] =>
    (body as ActionBody).events.map(({ result }) => result);

  it('the record has an entry for the start and for the end of each step, and each entry names the previous one', async () => {
    const recorded = recorder.recordSteps(CALLER, serverOn(own.database), 'resize', async (step) => {
      await step('first', rename);
      await step('second', fail);
    });
    await expect(recorded).rejects.toThrow('It is busy.');
    const all = await entries();
    expect(all.map(({ position, previous }) => [position - start, previous && previous - start])).toEqual([
      [1, null],
      [2, 1],
      [3, 2],
      [4, 3],
    ]);
    expect(all.map(results)).toEqual([[null], ['Success'], ['Success', null], ['Success', 'Error']]);
    expect(all.map(({ recordedAt }) => recordedAt)).toEqual(all.map(({ recordedAt }) => recordedAt).sort());
    const { actions } = await readLog(source);
    expect(all[0]).toMatchObject({
      ...{ kind: 'action', cell: 0, epoch: 0, novaId: actions[0]?.id },
      ...{ serverUuid: SERVERS[0], projectId: 'a-project' },
    });
  });

  it('the newest entry of an action has the rows of the action and of its events, column by column', async () => {
    await recorder.record(CALLER, serverOn(own.database), 'lock', 'api_lock', rename);
    const failed = recorder.recordSteps(CALLER, serverOn(own.database, 'req-2'), 'resize', async (step) => {
      await step('first', rename);
      await step('second', fail);
    });
    await expect(failed).rejects.toThrow();
    const { actions, events } = await readLog(source);
    const newest = new Map((await entries()).map((entry) => [entry.novaId, entry.body as ActionBody]));
    expect([...newest.values()].map(({ action }) => action)).toEqual(actions);
    expect([...newest.values()].flatMap((body) => body.events)).toEqual(events);
    expect([...newest.values()].map(({ place }) => place)).toEqual([1, 1]);
  });

  it('the record has no entry for a transaction that is rolled back, and no hole in its positions', async () => {
    const failing = recorder.record(CALLER, serverOn(own.database), 'lock', 'api_lock', fail);
    await expect(failing).rejects.toThrow();
    await recorder.record(CALLER, serverOn(own.database, 'req-2'), 'lock', 'api_lock', rename);
    const all = await entries();
    expect(all.map(({ position }) => position - start)).toEqual([1, 2, 3, 4]);
    expect(all.map(results)).toEqual([[null], ['Error'], [null], ['Success']]);
  });

  it('the record has one entry for a failure whose transaction runs twice, because a response was lost', async () => {
    const write = own.database.write.bind(own.database);
    const spy = jest.spyOn(own.database, 'write').mockImplementation(async (work, options) => {
      if (options?.isIdempotent === true) await write(work, options);
      return write(work, options);
    });
    const recorded = recorder.recordSteps(CALLER, serverOn(own.database), 'resize', async (step) => {
      await step('first', fail).catch(() => undefined);
      await step('second', rename);
    });
    await recorded.finally(() => {
      spy.mockRestore();
    });
    const all = await entries();
    expect(all.map(results)).toEqual([[null], ['Error'], ['Error', null], ['Error', 'Success']]);
    expect(all.map(({ previous }) => previous && previous - start)).toEqual([null, 1, 2, 3]);
    const { events } = await readLog(source);
    expect((all.at(-1)?.body as ActionBody).events).toEqual(events);
  });

  it('the recorder rejects a step after a step whose commit is unconfirmed, because it does not know the rows', async () => {
    const write = own.database.write.bind(own.database);
    let count = 0;
    const spy = jest.spyOn(own.database, 'write').mockImplementation(async (work, options) => {
      const result = await write(work, options);
      if (++count === 2) throw new CommitUnconfirmed(new Error('the response was lost'));
      return result;
    });
    const recorded = recorder.recordSteps(CALLER, serverOn(own.database), 'resize', async (step) => {
      await expect(step('first', rename)).rejects.toBeInstanceOf(CommitUnconfirmed);
      await step('second', rename);
    });
    await expect(recorded).rejects.toThrow('the step second begins after a step whose result is unknown');
    spy.mockRestore();
    expect((await entries()).map(results)).toEqual([[null], ['Success']]);
  });
});
