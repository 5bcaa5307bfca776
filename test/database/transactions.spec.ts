import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { parseMysqlUrl } from '../../src/config/addresses/mysql-address.js';
import { ownStore, ownStoreOnHost, writableOwnStoreOnHost, TABLES } from '../support/databases/own-store.js';
import {
  CommitUnconfirmed,
  type Database,
  DatabaseUnavailable,
} from '../../src/database/connection/database.js';
import { mysqlDatabase } from '../../src/database/connection/mysql-database.js';
import { answerDeadline } from '../../src/database/connection/time-limits.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { Relay } from '../support/http/relay.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';

/** Returns options with a deadline that even a busy machine meets. */
const patient = (): { deadline: number } => ({ deadline: performance.now() + 60_000 });

const count = (manager: EntityManager | DataSource): Promise<{ n: number }[]> =>
  manager.query('SELECT n FROM counter ORDER BY n');
const insert = (n: number) => (manager: EntityManager) =>
  manager.query('INSERT INTO counter (n) VALUES (?)', [n]);

/** A promise that never settles. */
const forever = new Promise<never>(() => undefined);

let store: TestStore;
let own: OwnStore;

async function onStore<Result>(work: (source: DataSource) => Promise<Result>): Promise<Result> {
  const source = await ownStore(store.url).initialize();
  try {
    return await work(source);
  } finally {
    await source.destroy();
  }
}

const numbers = async (): Promise<number[]> => (await onStore(count)).map(({ n }) => n);

describe.each(storeKinds)('a transaction on %s', (_kind, create) => {
  let database: Database;

  beforeAll(async () => {
    store = await create();
    own = await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES);
    database = own.database;
    await onStore((source) => source.query('CREATE TABLE counter (n integer PRIMARY KEY)'));
  });

  beforeEach(() => onStore((source) => source.query('DELETE FROM counter')));

  afterAll(async () => {
    await own.close();
    await store.remove();
  });

  it('a transaction returns the result of its function, and commits its changes', async () => {
    const result = await database.write(async (manager) => {
      await insert(1)(manager);
      await insert(2)(manager);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await numbers()).toEqual([1, 2]);
  });

  it('a transaction throws the error that its function throws, and is rolled back', async () => {
    const mistake = new Error('no');
    const written = database.write(async (manager) => {
      await insert(1)(manager);
      throw mistake;
    });
    await expect(written).rejects.toBe(mistake);
    expect(await numbers()).toEqual([]);
  });

  it('a transaction that inserts a duplicate value throws the error of the database', async () => {
    await database.write(insert(1));
    await expect(database.write(insert(1))).rejects.toBeInstanceOf(QueryFailedError);
    await database.write(insert(2));
    expect(await numbers()).toEqual([1, 2]);
  });

  it('a transaction is invisible to readers until it is committed', async () => {
    await database.write(async (manager) => {
      await insert(1)(manager);
      expect(await database.read(answerDeadline() + 60_000, count)).toEqual([]);
    });
    expect(await database.read(answerDeadline() + 60_000, count)).toHaveLength(1);
  });

  it('transactions lose no update if many processes change the same row', async () => {
    const other = await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: false }, TABLES);
    await database.write(insert(0));
    const increment = async (manager: EntityManager): Promise<void> => {
      const [row] = await count(manager);
      await manager.query('UPDATE counter SET n = n + 1 WHERE n = ?', [row?.n]);
    };
    const lockFirst = async (manager: EntityManager): Promise<void> => {
      await manager.query('UPDATE counter SET n = n');
      await increment(manager);
    };
    const writes = [database, other.database].flatMap((one) =>
      Array.from({ length: 10 }, () => one.write(lockFirst, patient())),
    );
    await Promise.all(writes);
    await other.close();
    expect(await numbers()).toEqual([20]);
  });

  it('a transaction is rolled back at its deadline, so that other transactions can run', async () => {
    const written = database.write(
      async (manager) => {
        await insert(1)(manager);
        return forever;
      },
      { deadline: performance.now() + 1_000 },
    );
    await expect(written).rejects.toBeInstanceOf(DatabaseUnavailable);
    await database.write(insert(2), patient());
    expect(await numbers()).toEqual([2]);
  });

  it('a transaction does not begin after its deadline', async () => {
    const written = database.write(insert(1), { deadline: performance.now() - 1 });
    await expect(written).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(await numbers()).toEqual([]);
  });
});

describe('a transaction on MariaDB', () => {
  let relay: Relay;
  let database: Database;

  const [, createMariaDb] = storeKinds[1] ?? [];

  beforeAll(async () => {
    if (createMariaDb === undefined) throw new Error('there is no MariaDB');
    store = await createMariaDb();
    await onStore((source) => source.query('CREATE TABLE counter (n integer PRIMARY KEY)'));
  });

  beforeEach(async () => {
    relay = await Relay.to(Number(new URL(store.url).port));
    const url = new URL(store.url);
    url.port = String(relay.port);
    database = mysqlDatabase('test', 'test', parseMysqlUrl(url.href), ownStoreOnHost, writableOwnStoreOnHost);
    await onStore((source) => source.query('DELETE FROM counter'));
  });

  afterEach(async () => {
    await database.close();
    relay.close();
  });

  afterAll(() => store.remove());

  it('a transaction that fails because of a deadlock runs again', async () => {
    await database.write(insert(1));
    await database.write(insert(11));
    let runs = 0;
    let firstLocks = 0;
    let bothHoldALock: () => void = () => undefined;
    const collided = new Promise<void>((resolve) => {
      bothHoldALock = resolve;
    });
    const lockBoth = (first: number, second: number) => async (manager: EntityManager) => {
      runs += 1;
      await manager.query('UPDATE counter SET n = n WHERE n = ?', [first]);
      firstLocks += 1;
      if (firstLocks === 2) bothHoldALock();
      await collided;
      await manager.query('UPDATE counter SET n = n WHERE n = ?', [second]);
      await insert(runs + 100)(manager);
    };
    await Promise.all([lockBoth(1, 11), lockBoth(11, 1)].map((work) => database.write(work, patient())));
    expect(runs).toBe(3);
    expect(await numbers()).toHaveLength(4);
  });

  it('a transaction of a suspended process is rolled back by MariaDB, so that other transactions can run', async () => {
    await database.write(insert(1));
    const suspended = database.write(async (manager) => {
      const [limit] = await manager.query<object[]>(
        'SELECT CAST(@@SESSION.idle_write_transaction_timeout AS CHAR) AS seconds',
      );
      expect(limit).toEqual({ seconds: '5' });
      await manager.query('SET SESSION idle_write_transaction_timeout = 1');
      await manager.query('UPDATE counter SET n = 2');
      await database.write((other) => other.query('UPDATE counter SET n = 3'), patient());
      await manager.query('SELECT 1');
    }, patient());
    await expect(suspended).rejects.toBeInstanceOf(DatabaseUnavailable);
    expect(await numbers()).toEqual([3]);
  });

  /**
   * Returns a function to execute in a transaction. On its first call, the function kills the connection of the
   * transaction.
   */
  function breaking(runs: { count: number }): (manager: EntityManager) => Promise<void> {
    return async (manager) => {
      runs.count += 1;
      await insert(runs.count)(manager);
      const [row] = await manager.query<{ id: number }[]>('SELECT CONNECTION_ID() AS id');
      if (runs.count === 1) await onStore((source) => source.query(`KILL ${row?.id}`));
      await manager.query('SELECT 1');
    };
  }

  it('a transaction does not run again after its connection breaks', async () => {
    const runs = { count: 0 };
    const failure = await database.write(breaking(runs), patient()).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DatabaseUnavailable);
    expect(failure).not.toBeInstanceOf(CommitUnconfirmed);
    expect(runs.count).toBe(1);
    expect(await numbers()).toEqual([]);
  });

  it('a transaction that is declared idempotent runs again after its connection breaks', async () => {
    const runs = { count: 0 };
    await database.write(breaking(runs), { ...patient(), isIdempotent: true });
    expect(runs.count).toBe(2);
    expect(await numbers()).toEqual([2]);
  });

  it('a transaction fails with CommitUnconfirmed if the response to its commit is lost', async () => {
    await database.write(insert(1), patient());
    const frozen = relay.freezeAfter('COMMIT');
    const failure = expect(database.write(insert(2), patient())).rejects.toBeInstanceOf(CommitUnconfirmed);
    await frozen;
    relay.close();
    await failure;
    expect(await numbers()).toEqual([1, 2]);
  });

  it('a transaction runs on another connection if a connection of the pool broke while it was idle', async () => {
    await database.write(insert(1), patient());
    relay.freeze();
    await database.write(insert(2), patient());
    expect(await numbers()).toEqual([1, 2]);
  });

  it('a transaction runs on the next host if the first one is unreachable', async () => {
    const { port } = new URL(store.url);
    const unreachable = await Relay.to(0);
    await unreachable.refuse();
    const url = store.url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${unreachable.port},127.0.0.1:${port}`);
    const both = mysqlDatabase('test', 'test', parseMysqlUrl(url), ownStoreOnHost, writableOwnStoreOnHost);
    await both.write(insert(1), patient());
    await both.close();
    expect(await numbers()).toEqual([1]);
  });
});
