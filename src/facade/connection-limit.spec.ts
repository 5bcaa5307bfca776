import { describe, expect, it } from '@jest/globals';
import { ConnectionLimit, NoConnection } from './connection-limit.js';

const never = new AbortController().signal;

/** Takes as many connections as a client gets at once. */
async function takeAll(limit: ConnectionLimit, client: string): Promise<(() => void)[]> {
  const taken: (() => void)[] = [];
  for (;;) {
    const gone = new AbortController();
    const next = limit.take(client, gone.signal);
    if (limit.waiting > 0) {
      gone.abort();
      await expect(next).rejects.toThrow(NoConnection);
      return taken;
    }
    taken.push(await next);
  }
}

describe('the connections to nova-api', () => {
  it('the connections to nova-api never exceed the limit, and one client never gets all of them', async () => {
    const limit = new ConnectionLimit(100);
    expect(await takeAll(limit, 'greedy')).toHaveLength(75);
    expect(await takeAll(limit, 'second')).toHaveLength(19);
    const others = Array.from({ length: 6 }, (_, index) => `other ${index}`);
    for (const other of others) await limit.take(other, never);
    expect(limit.inUse).toBe(100);
    const gone = new AbortController();
    const late = limit.take('late', gone.signal);
    expect(limit.waiting).toBe(1);
    gone.abort();
    await expect(late).rejects.toThrow(NoConnection);
  });

  it('the connections to nova-api can all be in use where there is only one', async () => {
    expect(await takeAll(new ConnectionLimit(1), 'a')).toHaveLength(1);
  });

  it('the connections to nova-api go to waiting requests in order, except where a client’s share is used up', async () => {
    const limit = new ConnectionLimit(4);
    const [first, second] = await takeAll(limit, 'greedy');
    const fourth = await limit.take('modest', never);
    const order: string[] = [];
    const wait = (client: string): Promise<void> =>
      limit.take(client, never).then(() => {
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

  it('the connections to nova-api are all free again once each is given back', async () => {
    const limit = new ConnectionLimit(10);
    for (const giveBack of [...(await takeAll(limit, 'a')), ...(await takeAll(limit, 'b'))]) giveBack();
    expect([limit.inUse, limit.waiting]).toEqual([0, 0]);
    expect(await takeAll(limit, 'a')).toHaveLength(8);
  });
});

describe('the queue for connections to nova-api', () => {
  const full = async (length: number, time: number): Promise<ConnectionLimit> => {
    const limit = new ConnectionLimit(1, { length, time });
    await limit.take('a', never);
    return limit;
  };

  it('the queue for connections to nova-api refuses a request that has waited for too long', async () => {
    const limit = await full(10, 20);
    await expect(limit.take('a', never)).rejects.toThrow(NoConnection);
    expect(limit.waiting).toBe(0);
  });

  it('the queue for connections to nova-api refuses a request at once when the queue, or the client’s share of it, is full', async () => {
    const limit = await full(4, 60_000);
    const gone = new AbortController();
    const waiting = ['a', 'a', 'a', 'b'].map((client) =>
      expect(limit.take(client, gone.signal)).rejects.toThrow(NoConnection),
    );
    expect(limit.waiting).toBe(4);
    await expect(limit.take('a', never)).rejects.toThrow(NoConnection);
    await expect(limit.take('c', never)).rejects.toThrow(NoConnection);
    gone.abort();
    await Promise.all(waiting);
    expect(limit.waiting).toBe(0);
  });

  it('the queue for connections to nova-api is left at once by a request whose client leaves, and the next one gets the connection', async () => {
    const limit = new ConnectionLimit(1);
    const giveBack = await limit.take('a', never);
    const gone = new AbortController();
    const left = limit.take('a', gone.signal);
    const next = limit.take('b', never);
    gone.abort();
    await expect(left).rejects.toThrow(NoConnection);
    expect(limit.waiting).toBe(1);
    giveBack();
    (await next)();
    expect([limit.inUse, limit.waiting]).toEqual([0, 0]);
  });
});
