import { describe, expect, it } from '@jest/globals';
import { ConnectionLimit, NoConnection } from './connection-limit.js';

const never = new AbortController().signal;

/** Acquires all connections that a client gets without waiting. @returns the functions that release the connections */
async function acquireAll(limit: ConnectionLimit, client: string): Promise<(() => void)[]> {
  const releases: (() => void)[] = [];
  for (;;) {
    const abort = new AbortController();
    const next = limit.acquire(client, abort.signal);
    if (limit.waiting > 0) {
      abort.abort();
      await expect(next).rejects.toThrow(NoConnection);
      return releases;
    }
    releases.push(await next);
  }
}

describe('the connections to nova-api', () => {
  it('the connections to nova-api do not exceed the limit, and one client gets at most three quarters of them', async () => {
    const limit = new ConnectionLimit(100);
    expect(await acquireAll(limit, 'greedy')).toHaveLength(75);
    expect(await acquireAll(limit, 'second')).toHaveLength(19);
    const others = Array.from({ length: 6 }, (_, index) => `other ${index}`);
    for (const other of others) await limit.acquire(other, never);
    expect(limit.inUse).toBe(100);
    const gone = new AbortController();
    const late = limit.acquire('late', gone.signal);
    expect(limit.waiting).toBe(1);
    gone.abort();
    await expect(late).rejects.toThrow(NoConnection);
  });

  it('a client can use the only connection to nova-api if the limit is 1', async () => {
    expect(await acquireAll(new ConnectionLimit(1), 'a')).toHaveLength(1);
  });

  it('waiting requests get connections to nova-api in order; a request is skipped while its client already uses its share of the connections', async () => {
    const limit = new ConnectionLimit(4);
    const [first, second] = await acquireAll(limit, 'greedy');
    const fourth = await limit.acquire('modest', never);
    const order: string[] = [];
    const wait = (client: string): Promise<void> =>
      limit.acquire(client, never).then(() => {
        order.push(client);
      });
    const waiting = [wait('greedy'), wait('modest'), wait('third')];
    fourth();
    await waiting[1];
    expect(order).toEqual(['modest']);
    first?.();
    second?.();
    await Promise.all(waiting);
    expect(order).toEqual(['modest', 'greedy', 'third']);
    expect([limit.inUse, limit.waiting]).toEqual([4, 0]);
  });

  it('after every connection to nova-api was released, all connections are free', async () => {
    const limit = new ConnectionLimit(10);
    for (const release of [...(await acquireAll(limit, 'a')), ...(await acquireAll(limit, 'b'))]) release();
    expect([limit.inUse, limit.waiting]).toEqual([0, 0]);
    expect(await acquireAll(limit, 'a')).toHaveLength(8);
  });
});

describe('the queue for connections to nova-api', () => {
  const full = async (length: number, time: number): Promise<ConnectionLimit> => {
    const limit = new ConnectionLimit(1, { length, time });
    await limit.acquire('a', never);
    return limit;
  };

  it('the queue for connections to nova-api rejects a request after its time limit', async () => {
    const limit = await full(10, 20);
    await expect(limit.acquire('a', never)).rejects.toThrow(NoConnection);
    expect(limit.waiting).toBe(0);
  });

  it('the queue for connections to nova-api rejects a request immediately if the queue or the client’s share of the queue is full', async () => {
    const limit = await full(4, 60_000);
    const gone = new AbortController();
    const waiting = ['a', 'a', 'a', 'b'].map((client) =>
      expect(limit.acquire(client, gone.signal)).rejects.toThrow(NoConnection),
    );
    expect(limit.waiting).toBe(4);
    await expect(limit.acquire('a', never)).rejects.toThrow(NoConnection);
    await expect(limit.acquire('c', never)).rejects.toThrow(NoConnection);
    gone.abort();
    await Promise.all(waiting);
    expect(limit.waiting).toBe(0);
  });

  it('the queue for connections to nova-api drops a request whose client closes the connection, and the next request gets the slot in the queue', async () => {
    const limit = new ConnectionLimit(1);
    const release = await limit.acquire('a', never);
    const gone = new AbortController();
    const dropped = limit.acquire('a', gone.signal);
    const next = limit.acquire('b', never);
    gone.abort();
    await expect(dropped).rejects.toThrow(NoConnection);
    expect(limit.waiting).toBe(1);
    release();
    (await next)();
    expect([limit.inUse, limit.waiting]).toEqual([0, 0]);
  });
});
