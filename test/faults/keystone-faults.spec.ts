import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import { AS_SHIPPED } from '../support/time/patience.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import type { TestStore } from '../support/databases/stores.js';
import { type Fault, type Outcome, underLoad } from './support/load.js';
import { keystoneUnavailable } from './support/refusals.js';
import { reportOutcome } from './support/report.js';
import { FaultedService, startKeystoneWithPersonas } from './support/service.js';
import { endedAfterAll } from '../support/ended-after-all.js';

const keep = endedAfterAll();

const keystone = keep(new FakeKeystone());
let store: TestStore;
let service: FaultedService;

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(
    await FaultedService.start({
      DATABASE_URL: store.url,
      ...(await startKeystoneWithPersonas(keystone)),
      ...AS_SHIPPED,
      // So that every answer depends on what Keystone says now.
      TOKEN_CACHE_TIME: '0',
    }),
  );
});

afterEach(() => {
  keystone.misbehave = undefined;
  service.expectHealthy();
});

function ask(fault: Fault): Promise<Outcome> {
  return underLoad(service.url, fault, { refusals: [keystoneUnavailable] });
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
/** Made once: the callers are in the same process. */
const LARGE = Buffer.alloc(16 * 1024 * 1024, 'x');

/** What a Keystone should never say, and does where it or a proxy before it is broken. */
const LIES: readonly (readonly [what: string, answer: (response: ServerResponse) => unknown])[] = [
  [
    'half of a JSON text',
    (response) => response.writeHead(200, JSON_TYPE).end('{"token": {"user": {"id": "u'),
  ],
  [
    'JSON that is no token',
    (response) => response.writeHead(200, JSON_TYPE).end('{"token": {"user": 7, "roles": "admin"}}'),
  ],
  [
    'a page in HTML',
    (response) => response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>login</html>'),
  ],
  ['nothing', (response) => response.writeHead(204).end()],
  ['status 500', (response) => response.writeHead(500).end('Internal Server Error')],
  ['status 413', (response) => response.writeHead(413).end('Request Entity Too Large')],
  [
    'status 301 to elsewhere',
    (response) => response.writeHead(301, { Location: 'http://127.0.0.1:9/' }).end(),
  ],
  [
    'half of an answer',
    (response) =>
      response.writeHead(200, { 'Content-Length': '900' }).write('{"token"', () => response.destroy()),
  ],
  ['16 MB', (response) => response.writeHead(200, JSON_TYPE).end(LARGE)],
];

describe('a Keystone that answers with', () => {
  it.each(LIES)('callers get right answers and 503 while Keystone answers with %s', async (what, answer) => {
    const outcome = await ask({
      begin: () => {
        keystone.misbehave = answer;
      },
      lasts: 700,
      end: () => {
        keystone.misbehave = undefined;
      },
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome(`Keystone answers with ${what}`, outcome);
  });
});

describe('a Keystone that', () => {
  it('callers get right answers and 503 while Keystone is slow', async () => {
    const outcome = await ask({
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
    reportOutcome('Keystone takes 4 s', outcome);
  });

  it('callers get right answers and 503 while Keystone is unreachable', async () => {
    const port = Number(new URL(keystone.url).port);
    const outcome = await ask({
      begin: () => keystone.stop(),
      lasts: 1_500,
      end: () => keystone.start(port),
    });
    expect(outcome.refused).toBeGreaterThan(0);
    reportOutcome('Keystone ended and started again', outcome);
  });
});
