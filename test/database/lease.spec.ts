import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { DataSource, EntityManager } from 'typeorm';
import { ownStore } from '../../src/database/connection/data-source.js';
import type { Database } from '../../src/database/connection/database.js';
import { Lease, LeaseLost, onDatabase, onSource, type Session } from '../../src/database/own-store/lease.js';
import { OwnStore } from '../../src/database/own-store/own-store.js';
import { holdLease } from '../support/databases/holding-process.js';
import { storeKinds, type TestStore } from '../support/databases/stores.js';
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
  let leases: Lease[];

  beforeAll(async () => {
    store = await create();
    own = await OwnStore.open({ DATABASE_URL: store.url, MIGRATE_ON_START: true });
    database = own.database;
    source = await ownStore(store.url).initialize();
    await source.query('CREATE TABLE counter (n integer PRIMARY KEY)');
    await Lease.prepare(source);
  });

  beforeEach(async () => {
    leases = [];
    await source.query('DELETE FROM counter');
    await source.query('DELETE FROM nova_action_log_leases');
  });

  afterEach(() => Promise.all(leases.map((one) => one.release())));

  afterAll(async () => {
    await source.destroy();
    await own.close();
    await store.remove();
  });

  function lease(session: Session = (work) => database.write(work, patient())): Lease {
    const made = new Lease('counting', session);
    leases.push(made);
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

  it('is held by one process at a time, until that releases it', async () => {
    const [first, second] = [lease(), lease()];
    expect([await first.take(), await second.take()]).toEqual([true, false]);
    await first.confirm();
    await first.release();
    expect([await second.take(), await first.take()]).toEqual([true, false]);
  });

  it('goes to one of many that try to take it at the same time', async () => {
    const taken = await Promise.all(Array.from({ length: 8 }, () => lease().take()));
    expect(taken.filter((isTaken) => isTaken)).toHaveLength(1);
  });

  it('is taken and released without a Database too, as migrations do', async () => {
    const [first, second] = [lease(onSource(source)), lease(onDatabase(database))];
    expect([await first.take(), await second.take()]).toEqual([true, false]);
    await first.release();
    expect(await second.take()).toBe(true);
  });

  it('is renewed by its holder', async () => {
    const held = lease();
    await held.take();
    await expire();
    await until(async () => (await heldUntil()) > '2001-01-02', 'the holder has renewed the lease');
    expect(await lease().take()).toBe(false);
  });

  it('is not renewed any more after its release', async () => {
    const held = lease();
    await held.take();
    await held.release();
    await expect(held.confirm()).rejects.toBeInstanceOf(LeaseLost);
  });

  it('outlives kill -9 of its holder until it expires, and then passes to another process', async () => {
    const kill = await holdLease(store.url, 'counting');
    await kill();
    const next = lease();
    expect(await next.take()).toBe(false);
    await expire();
    expect(await next.take()).toBe(true);
  });

  it('fences what a former holder writes after another process took it', async () => {
    const [stalled, next] = [lease(), lease()];
    await stalled.take();
    await expire();
    expect(await next.take()).toBe(true);
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

  it('fences what a former holder began before it took the lease again', async () => {
    const [first, second] = [lease(), lease()];
    await first.take();
    await expire();
    await second.take();
    await second.release();
    await expect(first.confirm()).rejects.toBeInstanceOf(LeaseLost);
    expect(await first.take()).toBe(true);
    await first.confirm();
  });
});
