import { describe, expect, it } from '@jest/globals';
import type { Store } from '../record/record.js';
import { StoredKeys } from './stored-keys.js';

/** A store with secrets, which counts its queries. */
class FakeStore {
  readonly secrets = [{ number: 1, secret: '11'.repeat(32) }];
  queries = 0;
  isDown = false;

  readonly store = {
    query: async (): Promise<unknown> => {
      this.queries += 1;
      await Promise.resolve();
      if (this.isDown) throw new Error('down');
      return [...this.secrets];
    },
  } as unknown as Store;
}

describe('the secrets of a store', () => {
  it('are read once for many callers', async () => {
    const fake = new FakeStore();
    const stored = new StoredKeys(fake.store);
    const [one, other] = await Promise.all([stored.read(), stored.read(1)]);
    expect(one).toBe(other);
    expect([(await stored.read()).newest, fake.queries]).toEqual([1, 1]);
  });

  it('are read again after an error', async () => {
    const fake = new FakeStore();
    fake.isDown = true;
    const stored = new StoredKeys(fake.store);
    await expect(stored.read()).rejects.toThrow('down');
    fake.isDown = false;
    expect((await stored.read()).newest).toBe(1);
  });

  it('are not read for each of many unknown numbers', async () => {
    const fake = new FakeStore();
    const stored = new StoredKeys(fake.store);
    for (let number = 1; number < 50; number += 1) await stored.read(number);
    expect(fake.queries).toBe(1);
  });

  it('are read again for a new number some seconds after the last reading', async () => {
    const fake = new FakeStore();
    let now = 0;
    const stored = new StoredKeys(fake.store, () => now);
    await stored.read();
    fake.secrets.push({ number: 2, secret: '22'.repeat(32) });
    expect((await stored.read(2)).has(2)).toBe(false);
    now = 5_000;
    expect((await stored.read(2)).has(2)).toBe(true);
  });
});
