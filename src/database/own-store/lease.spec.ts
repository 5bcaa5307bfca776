import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import { HeldLease, type Session } from './lease.js';

/** Returns a database that responds to each statement with the result of `answer`, and that counts the statements. */
function storeThat(answer: () => { affected: number }): { readonly session: Session; statements: number } {
  const store = {
    statements: 0,
    session: ((work) => work(manager)) as Session,
  };
  const query = (): Promise<{ affected: number }> => {
    store.statements += 1;
    return Promise.resolve().then(answer);
  };
  const manager = {
    dataSource: { options: { type: 'mariadb' } },
    queryRunner: { query },
  } as unknown as EntityManager;
  return store;
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

it('a lease is renewed at most once after another process has acquired it', async () => {
  const store = storeThat(() => ({ affected: 0 }));
  new HeldLease('counting', 1, store.session);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(store.statements).toBe(1);
});

it.each([
  ['a conflict with another process', Object.assign(new Error('deadlock'), { errno: 1213 })],
  ['a failure of the database', new Error('no response')],
])('a lease is still renewed after %s', async (_failure, error) => {
  const store = storeThat(() => {
    throw error;
  });
  const held = new HeldLease('counting', 1, store.session);
  await jest.advanceTimersByTimeAsync(10_000);
  expect(store.statements).toBeGreaterThan(1);
  await held.release().catch(() => undefined);
});

it('a lease is not renewed after its release', async () => {
  const store = storeThat(() => ({ affected: 1 }));
  const held = new HeldLease('counting', 1, store.session);
  await held.release();
  await jest.advanceTimersByTimeAsync(60_000);
  expect(store.statements).toBe(1);
});
