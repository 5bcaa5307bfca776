import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { FakeNova } from '../support/nova/fake.js';
import { Relay } from '../support/http/relay.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest, headerValues } from '../support/http/wire-client.js';

let store: TestStore;
/** What stands before each facade, as a balancer does: no facade knows that it leads to itself. */
const relays: Relay[] = [];
const facades: RunningService[] = [];

/** Each facade passes on to the relay of the same number, which leads to what a test says. */
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

function leadTo(targets: readonly number[]): void {
  targets.forEach((target, index) => {
    const relay = relays[index];
    if (relay !== undefined) relay.target = portOf(facades[target]?.url);
  });
}

describe('a facade whose nova-api is', () => {
  it.each([
    ['itself', [0]],
    ['a facade before itself', [1, 0]],
    ['a facade before a third one before itself', [1, 2, 0]],
    ['a facade that is its own nova-api', [1, 1]],
  ])(
    'a facade whose nova-api is %s answers 508 instead of passing the request round and round',
    async (_what, targets) => {
      leadTo(targets);
      for (const line of ['GET /loop HTTP/1.1', 'OPTIONS / HTTP/1.1', 'POST /loop HTTP/1.1']) {
        for (const relay of relays) relay.accepted = 0;
        const answer = await sendWireRequest(facades[0]?.url ?? '', line, ['Content-Length: 2'], '{}');
        expect(answer.line).toBe('HTTP/1.1 508 Loop Detected');
        expect(JSON.parse(answer.body)).toEqual({
          computeFault: {
            code: 508,
            message: 'The way to the compute service leads back to this service.',
          },
        });
        expect(headerValues(answer, 'via')).toEqual([]);
        const accepted = relays.reduce((sum, relay) => sum + relay.accepted, 0);
        expect(accepted).toBeLessThanOrEqual(2);
      }
    },
  );

  it('a facade whose nova-api is itself says so in the log, once for many requests', async () => {
    leadTo([0]);
    // Of the tests before, the log has a line already; this facade has not.
    const logged = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    const fresh = await startService({
      DATABASE_URL: store.url,
      UPSTREAM_NOVA_URL: `http://127.0.0.1:${relays[0]?.port ?? 0}`,
    });
    try {
      if (relays[0] !== undefined) relays[0].target = portOf(fresh.url);
      for (let asked = 0; asked < 5; asked += 1) await sendWireRequest(fresh.url, 'GET /loop HTTP/1.1');
    } finally {
      await fresh.stop();
    }
    expect(logged.mock.calls).toEqual([
      [expect.stringMatching(/^UPSTREAM_NOVA_URL leads back to this service/)],
    ]);
    logged.mockRestore();
  });

  it('a facade before a facade with a real nova-api passes requests on', async () => {
    const nova = new FakeNova();
    leadTo([1]);
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
