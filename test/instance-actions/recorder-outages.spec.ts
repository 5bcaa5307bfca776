import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { parseMysqlUrl } from '../../src/config/addresses/mysql-address.js';
import type { Settings } from '../../src/config/settings.js';
import {
  CommitUnconfirmed,
  type Database,
  DatabaseUnavailable,
} from '../../src/database/connection/database.js';
import { mysqlDatabase } from '../../src/database/connection/mysql-database.js';
import { setDatabaseTimeLimits } from '../../src/database/connection/time-limits.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { ActionRecorder } from '../../src/instance-actions/action-recorder.js';
import { closeAfterAll } from '../support/close-after-all.js';
import {
  migrateOwnStore,
  ownStore,
  ownStoreOnHost,
  TABLES,
  writableOwnStoreOnHost,
} from '../support/databases/own-store.js';
import { CALLER, readLog, resetLog, serverOn, SERVERS, truthOf } from '../support/databases/recorded-log.js';
import { createSqlite, storeKinds, type TestStore } from '../support/databases/stores.js';
import { Relay } from '../support/http/relay.js';
import { until } from '../support/time/until.js';

const rename = (manager: EntityManager): Promise<unknown> =>
  manager.query("UPDATE instances SET display_name = 'new' WHERE uuid = ?", [SERVERS[0]]);

/** Records an action. @returns the error, or undefined if it succeeds */
async function recordOn(database: Database): Promise<unknown> {
  const recorder = new ActionRecorder({} as Settings);
  return recorder.record(CALLER, serverOn(database), 'lock', 'api_lock', rename).then(
    () => undefined,
    (error: unknown) => error,
  );
}

type Query = (sql: string, ...others: unknown[]) => Promise<unknown>;

/** Sends the statements of `record` with a function of the test. @param send gets the number of each statement, from 0 */
async function intercept(
  source: DataSource,
  record: () => Promise<unknown>,
  send: (number: number, sql: string, query: () => Promise<unknown>) => Promise<unknown>,
): Promise<unknown> {
  const runner = source.createQueryRunner();
  const prototype = Object.getPrototypeOf(runner) as { query: Query };
  await runner.release();
  const original = prototype.query;
  let count = 0;
  const spy = jest.spyOn(prototype, 'query').mockImplementation(function (this: QueryRunner, sql, ...others) {
    return send(count++, sql, () => original.call(this, sql, ...others));
  });
  try {
    return await record();
  } finally {
    spy.mockRestore();
  }
}

beforeAll(() => {
  setDatabaseTimeLimits(1_000);
});

afterAll(() => {
  setDatabaseTimeLimits(1_800);
});

describe('the recorder of actions on MariaDB', () => {
  let store: TestStore;
  let source: DataSource;
  let relay: Relay;
  let database: Database;

  const keep = closeAfterAll();

  beforeAll(async () => {
    const [, create] = storeKinds[1] ?? [];
    if (create === undefined) throw new Error('there is no MariaDB');
    store = keep(await create());
    await migrateOwnStore(store.url);
    source = keep(await ownStore(store.url).initialize());
  });

  async function connect(): Promise<void> {
    await resetLog(source);
    relay = await Relay.to(Number(new URL(store.url).port));
    const url = new URL(store.url);
    url.port = String(relay.port);
    database = mysqlDatabase('test', 'test', parseMysqlUrl(url.href), ownStoreOnHost, writableOwnStoreOnHost);
  }

  /** Disconnects, and waits until the server has finished or rolled back every transaction. */
  async function disconnect(): Promise<void> {
    await database.close();
    relay.close();
    const others = `SELECT COUNT(*) AS others FROM information_schema.innodb_trx
      JOIN information_schema.processlist process ON process.id = trx_mysql_thread_id
      WHERE process.db = DATABASE() AND process.id <> CONNECTION_ID()`;
    await until(async () => {
      const [row] = await source.query<{ others: string }[]>(others);
      return Number(row?.others) === 0;
    }, 'no transaction is in progress');
  }

  it.each([
    ['before any statement', false],
    ['after any statement, whose response is lost', true],
  ])(
    'the recorder records no success that did not happen if the database becomes unreachable %s',
    async (_when, isSent) => {
      const truths: string[] = [];
      for (let last = 0; !truths.includes('done'); last += 1) {
        await connect();
        const error = await intercept(
          source,
          () => recordOn(database),
          async (number, sql, query) => {
            if (number !== last) return query();
            if (!isSent) {
              await relay.refuse();
              return query();
            }
            const received = relay.freezeAfter(sql.slice(0, 30));
            const result = query();
            result.catch(() => undefined);
            await received;
            await relay.refuse();
            return result;
          },
        );
        await disconnect();
        const truth = truthOf(await readLog(source));
        if (error === undefined) {
          expect(truth).toBe('Success');
          truths.push('done');
          continue;
        }
        expect(error).toBeInstanceOf(DatabaseUnavailable);
        truths.push(truth);
        if (truth === 'Success') expect(error).toBeInstanceOf(CommitUnconfirmed);
      }
      const expected = isSent ? ['nothing', 'open', 'Success', 'done'] : ['nothing', 'open', 'done'];
      expect([...new Set(truths)]).toEqual(expected);
    },
  );

  it('the recorder records the failure of a work whose connection breaks, if the database is still reachable', async () => {
    await connect();
    const recorder = new ActionRecorder({} as Settings);
    const recorded = recorder.record(CALLER, serverOn(database), 'lock', 'api_lock', async (manager) => {
      await rename(manager);
      const [row] = await manager.query<{ id: number }[]>('SELECT CONNECTION_ID() AS id');
      await source.query(`KILL ${row?.id}`);
      await manager.query('SELECT 1');
    });
    await expect(recorded).rejects.toBeInstanceOf(DatabaseUnavailable);
    await disconnect();
    const log = await readLog(source);
    expect(truthOf(log)).toBe('Error');
    expect(log.events[0]).toMatchObject({ details: 'DatabaseUnavailable' });
  });
});

describe('the recorder of actions on SQLite', () => {
  let own: OwnStore;
  let source: DataSource;

  const keep = closeAfterAll();

  beforeAll(async () => {
    const store = keep(await createSqlite());
    own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    source = keep(await ownStore(store.url).initialize());
    await source.query('PRAGMA busy_timeout = 0');
  });

  beforeEach(() => resetLog(source));

  it.each([
    ['the first transaction', 0, 'nothing'],
    ['the second transaction', 7, 'open'],
  ])(
    'the recorder records no success if another process locks the file before %s',
    async (_which, first, truth) => {
      const lock = source.createQueryRunner();
      const error = await intercept(
        source,
        () => recordOn(own.database),
        async (number, _sql, query) => {
          if (number === first) await lock.query('BEGIN IMMEDIATE');
          return query();
        },
      );
      await lock.query('ROLLBACK');
      await lock.release();
      expect(error).toBeInstanceOf(DatabaseUnavailable);
      expect(truthOf(await readLog(source))).toBe(truth);
    },
  );
});
