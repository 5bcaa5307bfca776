import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeNova } from '../support/nova/fake.js';
import { Relay } from '../support/http/relay.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest, headerValues } from '../support/http/wire-client.js';

let store: TestStore;
/**
 * Relays in the role of load balancers. Each service in these tests forwards requests to one of them. The settings of a
 * service do not show that the relay leads back to the same service.
 */
const relays: Relay[] = [];
const facades: RunningService[] = [];

/**
 * Starts three relays and three services. Each service forwards requests to the relay with its index. The tests
 * determine to which service each relay leads.
 */
beforeAll(async () => {
  store = await createSqlite();
  for (let index = 0; index < 3; index += 1) {
    const relay = await Relay.to();
    relays.push(relay);
    facades.push(
      await startService({
        DATABASE_URL: store.url,
        UPSTREAM_NOVA_URL: `http://127.0.0.1:${relay.port}`,
      }),
    );
  }
});

afterAll(async () => {
  for (const facade of facades) await facade.stop();
  for (const relay of relays) relay.close();
  await store.remove();
});

beforeEach(() => {
  for (const relay of relays) relay.accepted = 0;
});

function portOf(url: string | undefined): number {
  return Number(new URL(url ?? '').port);
}

/** Connects each relay to the service with the given index. */
function connectRelays(targets: readonly number[]): void {
  targets.forEach((target, index) => {
    const relay = relays[index];
    if (relay !== undefined) relay.target = portOf(facades[target]?.url);
  });
}

describe('a loop of facades', () => {
  it.each([
    ['the facade itself', [0]],
    ['a second facade, whose upstream is the first facade', [1, 0]],
    ['a second facade, which leads to the first one through a third one', [1, 2, 0]],
    ['a second facade, whose upstream is the second facade itself', [1, 1]],
  ])(
    'a facade returns 508 instead of forwarding requests endlessly if UPSTREAM_NOVA_URL leads to %s',
    async (_what, targets) => {
      connectRelays(targets);
      for (const line of ['GET /loop HTTP/1.1', 'OPTIONS / HTTP/1.1', 'POST /loop HTTP/1.1']) {
        for (const relay of relays) relay.accepted = 0;
        const answer = await sendWireRequest(facades[0]?.url ?? '', line, ['Content-Length: 2'], '{}');
        expect(answer.line).toBe('HTTP/1.1 508 Loop Detected');
        expect(JSON.parse(answer.body)).toEqual({
          computeFault: {
            code: 508,
            message: 'The request returns to this service instead of the compute service.',
          },
        });
        expect(headerValues(answer, 'via')).toEqual([]);
        const accepted = relays.reduce((sum, relay) => sum + relay.accepted, 0);
        expect(accepted).toBeLessThanOrEqual(2);
      }
    },
  );

  it('a facade that is its own upstream logs this, once for many requests', async () => {
    connectRelays([0]);
    // This test starts a new service. The other services have already logged the line in earlier tests, and log it only
    // once.
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const fresh = await startService({
      DATABASE_URL: store.url,
      UPSTREAM_NOVA_URL: `http://127.0.0.1:${relays[0]?.port ?? 0}`,
    });
    try {
      if (relays[0] !== undefined) relays[0].target = portOf(fresh.url);
      for (let sent = 0; sent < 5; sent += 1) await sendWireRequest(fresh.url, 'GET /loop HTTP/1.1');
    } finally {
      await fresh.stop();
    }
    expect(logged.mock.calls).toEqual([
      [expect.stringMatching(/^UPSTREAM_NOVA_URL leads back to this service/)],
    ]);
    logged.mockRestore();
  });

  it('a facade passes requests to nova-api through a second facade', async () => {
    const nova = new FakeNova();
    connectRelays([1]);
    if (relays[1] !== undefined) relays[1].target = portOf(await nova.start());
    const { line } = await sendWireRequest(facades[0]?.url ?? '', 'GET /x HTTP/1.1', [
      'Via: 1.0 own, 1.1 balancer',
    ]);
    expect(line).toBe('HTTP/1.1 200 OK');
    expect(headerValues(nova.request, 'via')).toEqual([
      '1.0 own, 1.1 balancer',
      '1.1 nova-action-log',
      '1.1 nova-action-log',
    ]);
    await nova.stop();
  });
});
