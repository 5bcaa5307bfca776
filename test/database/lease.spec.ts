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

/** A deadline that no busy machine misses. */
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

  /** Takes the lease as another process would. */
  async function take(
    session: Session = (work) => database.write(work, patient()),
  ): Promise<HeldLease | undefined> {
    const taken = await new Lease('counting', session).take();
    if (taken !== undefined) held.push(taken);
    return taken;
  }

  async function taken(session?: Session): Promise<HeldLease> {
    const made = await take(session);
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

  /** As if the holder had not renewed it for long enough. */
  const expire = (): Promise<unknown> =>
    source.query("UPDATE nova_action_log_leases SET held_until = '2001-01-01'");

  it('a lease is held by one process at a time, until that process releases it', async () => {
    const first = await taken();
    expect(await take()).toBeUndefined();
    await first.confirm();
    await first.release();
    await taken();
    await expect(first.confirm()).rejects.toBeInstanceOf(LeaseLost);
    await first.release();
    expect(await take()).toBeUndefined();
  });

  it('a lease goes to one of many processes that try to take it at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => take()));
    expect(all.filter((one) => one !== undefined)).toHaveLength(1);
  });

  it('a lease is taken once where the transaction that takes it runs twice', async () => {
    const twice: Session = async (work) => {
      await database.write(work, patient());
      return database.write(work, patient());
    };
    await (await taken(twice)).confirm();
  });

  it('a lease is taken and released without a Database too, as migrations do', async () => {
    const first = await taken(onSource(source));
    expect(await take(onDatabase(database))).toBeUndefined();
    await first.release();
    await taken(onDatabase(database));
  });

  it('a lease gives each holder a greater fencing token', async () => {
    const first = await taken();
    await first.release();
    const second = await taken();
    await expire();
    const third = await taken();
    expect(second.token).toBeGreaterThan(first.token);
    expect(third.token).toBeGreaterThan(second.token);
  });

  it('a lease is renewed by its holder', async () => {
    await taken();
    await expire();
    await until(async () => (await heldUntil()) > '2001-01-02', 'the holder has renewed the lease');
    expect(await take()).toBeUndefined();
  });

  it('a lease outlives kill -9 of its holder until it expires, and then passes to another process', async () => {
    const kill = await holdLease(store.url, 'counting');
    await kill();
    expect(await take()).toBeUndefined();
    await expire();
    await taken();
  });

  it('a lease fences what a former holder writes after another process took it', async () => {
    const stalled = await taken();
    await expire();
    const next = await taken();
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

  it('a lease fences what its holder began before it lost the lease and took it again', async () => {
    const before = await taken();
    await expire();
    await taken();
    const late = database.write((manager) => before.fence(manager), patient());
    await expect(late).rejects.toBeInstanceOf(LeaseLost);
  });
});
