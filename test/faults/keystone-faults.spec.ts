import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { DEFAULT_TIMEOUTS } from '../support/time/timeouts.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import type { TestStore } from '../support/databases/stores.js';
import { type Fault, type Outcome, underLoad } from './support/load.js';
import { keystoneUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService, startKeystoneWithPersonas } from './support/service.js';
import { closeAfterAll } from '../support/close-after-all.js';

const keep = closeAfterAll();

const keystone = keep(new FakeKeystone());
let store: TestStore;
let service: FaultedService;

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(
    await FaultedService.start({
      DATABASE_URL: store.url,
      ...(await startKeystoneWithPersonas(keystone)),
      ...DEFAULT_TIMEOUTS,
      // Without a token cache, every response depends on the current state of Keystone.
      TOKEN_CACHE_TIME: '0',
    }),
  );
});

afterEach(() => {
  keystone.misbehave = undefined;
  service.expectHealthy();
});

function load(fault: Fault): Promise<Outcome> {
  return underLoad(service.url, fault, { refusals: [keystoneUnavailable] });
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
/** A body of 16 MB. It is created only once: the callers run in this process too, and would have to wait each time. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');

/** Invalid responses that a faulty Keystone, or a proxy in front of it, may send. */
const INVALID_RESPONSES: readonly (readonly [what: string, answer: (response: ServerResponse) => unknown])[] =
  [
    ['truncated JSON', (response) => response.writeHead(200, JSON_TYPE).end('{"token": {"user": {"id": "u')],
    [
      'JSON that is not a token',
      (response) => response.writeHead(200, JSON_TYPE).end('{"token": {"user": 7, "roles": "admin"}}'),
    ],
    [
      'an HTML page',
      (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>login</html>'),
    ],
    ['an empty response', (response) => response.writeHead(204).end()],
    ['status 500', (response) => response.writeHead(500).end('Internal Server Error')],
    ['status 413', (response) => response.writeHead(413).end('Request Entity Too Large')],
    [
      'status 301 with another URL',
      (response) => response.writeHead(301, { Location: 'http://127.0.0.1:9/' }).end(),
    ],
    [
      'an incomplete response',
      (response) =>
        response.writeHead(200, { 'Content-Length': '900' }).write('{"token"', () => response.destroy()),
    ],
    ['a response of 16 MB', (response) => response.writeHead(200, JSON_TYPE).end(LARGE)],
  ];

describe('a Keystone with invalid responses', () => {
  it.each(INVALID_RESPONSES)(
    'callers get correct responses or 503 while Keystone returns %s',
    async (what, answer) => {
      const outcome = await load({
        begin: () => {
          keystone.misbehave = answer;
        },
        lasts: 700,
        end: () => {
          keystone.misbehave = undefined;
        },
      });
      expect(outcome.refused).toBeGreaterThan(0);
      reportOutcome(`Keystone returns ${what}`, outcome);
    },
  );
});

describe('a slow or unreachable Keystone', () => {
  it('callers get correct responses or 503 while Keystone is slow', async () => {
    const outcome = await load({
      begin: () => {
        keystone.misbehave = (response) =>
          setTimeout(() => response.writeHead(200, JSON_TYPE).end('{}'), 4_000);
      },
      lasts: 3_000,
      end: () => {
        keystone.misbehave = undefined;
      },
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Keystone responds after 4 s', outcome);
  });

  it('callers get correct responses or 503 while Keystone is unreachable', async () => {
    const port = Number(new URL(keystone.url).port);
    const outcome = await load({
      begin: () => keystone.stop(),
      lasts: 1_500,
      end: () => keystone.start(port),
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Keystone stopped and started again', outcome);
  });
});
