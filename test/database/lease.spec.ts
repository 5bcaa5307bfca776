import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../../src/database/connection/database.js';
import {
  type HeldLease,
  Lease,
  LeaseLost,
  onDatabase,
  onSource,
  type Session,
} from '../../src/database/own-store/lease.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { holdLease } from '../support/databases/holding-process.js';
import { ownStore, TABLES } from '../support/databases/own-store.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';
import { until } from '../support/time/until.js';

/** Returns options with a deadline that even a busy machine meets. */
const patient = (): { deadline: number } => ({ deadline: performance.now() + 60_000 });

const insert = (manager: EntityManager, n: number): Promise<unknown> =>
  manager.query('INSERT INTO counter (n) VALUES (?)', [n]);

describe.each(storeKinds)('a lease on %s', (_kind, create) => {
  let store: TestStore;
  let own: OwnStore;
  let source: DataSource;
  let database: Database;
  let held: HeldLease[];

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await create());
    own = keep(await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true }, TABLES));
    database = own.database;
    source = keep(await ownStore(store.url).initialize());
    await source.query('CREATE TABLE counter (n integer PRIMARY KEY)');
  });

  beforeEach(async () => {
    held = [];
    await source.query('DELETE FROM counter');
    await source.query('DELETE FROM nova_action_log_leases');
  });

  afterEach(() => Promise.all(held.map((one) => one.release())));

  /** Acquires the lease, as a separate process would. */
  async function acquire(
    session: Session = (work) => database.write(work, patient()),
  ): Promise<HeldLease | undefined> {
    const lease = await new Lease('counting', session).acquire();
    if (lease !== undefined) held.push(lease);
    return lease;
  }

  async function acquired(session?: Session): Promise<HeldLease> {
    const made = await acquire(session);
    if (made === undefined) throw new Error('another process has the lease');
    return made;
  }

  const numbers = async (): Promise<number[]> =>
    (await source.query<{ n: number }[]>('SELECT n FROM counter ORDER BY n')).map(({ n }) => n);

  const heldUntil = async (): Promise<string> => {
    const [row] = await source.query<{ held_until: string }[]>(
      'SELECT held_until FROM nova_action_log_leases',
    );
    return row?.held_until ?? '';
  };

  /** Makes the lease expire, as if its holder had not renewed it in time. */
  const expire = (): Promise<unknown> =>
    source.query("UPDATE nova_action_log_leases SET held_until = '2001-01-01'");

  it('a lease is held by one process at a time, until that process releases it', async () => {
    const first = await acquired();
    expect(await acquire()).toBeUndefined();
    await first.confirm();
    await first.release();
    await acquired();
    await expect(first.confirm()).rejects.toBeInstanceOf(LeaseLost);
    await first.release();
    expect(await acquire()).toBeUndefined();
  });

  it('a check if a lease is free writes nothing', async () => {
    const waiting = new Lease('counting', onDatabase(database));
    expect(await waiting.isFree()).toBe(true);
    expect(await heldUntil()).toBe('');
    const first = await acquired();
    expect(await waiting.isFree()).toBe(false);
    await first.release();
    expect(await waiting.isFree()).toBe(true);
  });

  it('only one of many processes acquires a lease if all try at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => acquire()));
    expect(all.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('if the transaction that acquires a lease runs twice, the lease is acquired once', async () => {
    const twice: Session = async (work) => {
      await database.write(work, patient());
      return database.write(work, patient());
    };
    await (await acquired(twice)).confirm();
  });

  it('a lease can be acquired and released on a DataSource, as migrations do', async () => {
    const first = await acquired(onSource(source));
    expect(await acquire(onDatabase(database))).toBeUndefined();
    await first.release();
    await acquired(onDatabase(database));
  });

  it('a lease gives each holder a greater fencing token than the previous holder', async () => {
    const first = await acquired();
    await first.release();
    const second = await acquired();
    await expire();
    const third = await acquired();
    expect(second.token).toBeGreaterThan(first.token);
    expect(third.token).toBeGreaterThan(second.token);
  });

  it('a lease is renewed by its holder', async () => {
    await acquired();
    await expire();
    await until(async () => (await heldUntil()) > '2001-01-02', 'the holder has renewed the lease');
    expect(await acquire()).toBeUndefined();
  });

  it('a lease of a process that was killed with kill -9 can be acquired by another process after the lease expires', async () => {
    const kill = await holdLease(store.url, 'counting');
    await kill();
    expect(await acquire()).toBeUndefined();
    await expire();
    await acquired();
  });

  it('the transaction of a former holder of a lease fails after another process has acquired the lease', async () => {
    const stalled = await acquired();
    await expire();
    const next = await acquired();
    const late = database.write(async (manager) => {
      await insert(manager, 1);
      await stalled.fence(manager);
    }, patient());
    await expect(late).rejects.toBeInstanceOf(LeaseLost);
    await expect(stalled.confirm()).rejects.toBeInstanceOf(LeaseLost);
    await database.write(async (manager) => {
      await next.fence(manager);
      await insert(manager, 2);
    }, patient());
    expect(await numbers()).toEqual([2]);
  });

  it('a transaction with an old fencing token fails, even if the same process has acquired the lease again', async () => {
    const before = await acquired();
    await expire();
    await acquired();
    const late = database.write((manager) => before.fence(manager), patient());
    await expect(late).rejects.toBeInstanceOf(LeaseLost);
  });
});
