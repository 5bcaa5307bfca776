import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Agent } from 'node:http';
import { testSeed } from '../support/random.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { type RunningService, startService } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { problemsOf } from './property/answers.js';
import { internalsIn } from './property/disclosure.js';
import { parse } from './property/reading.js';
import { anyRequest, INVALID_HTTP } from './property/requests.js';
import { type ReceivedResponse, send, sendBytes } from './property/wire.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The number of random requests that all clients together send to each service. */
const REQUESTS = 10_400;
const CLIENTS = 16;
/** The time limit for all random requests to one service, in milliseconds. On an idle machine they take 30 seconds. */
const RANDOM_REQUESTS_TIMEOUT = 600_000;

describe('random requests and invalid HTTP', () => {
  const summaries: string[] = [];
  /** The number of answers for each result of `kindOf`. */
  const kinds = new Map<string, number>();
  let store: TestStore;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await recordedStore());
  });

  afterAll(() => {
    const tally = [...kinds]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, times]) => `${kind} × ${times}`);
    process.stdout.write(`${summaries.join(', ')}: ${tally.join(', ')}\n`);
  });

  describe.each([
    ['to the service directly', {}],
    [
      'to the service behind a trusted proxy',
      { TRUSTED_PROXIES: '127.0.0.0/8', PUBLIC_URL: 'https://nova.example.org/compute' },
    ],
  ])('%s', (name, settings) => {
    let service: RunningService;
    let agent: Agent;

    const keep = closeAfterAll();

    beforeAll(async () => {
      service = keep(await startService({ DATABASE_URL: store.url, ...settings }));
      agent = keep(new Agent({ keepAlive: true, maxFreeSockets: CLIENTS }));
    });

    it(
      'every random request gets a defined response without data that the caller may not see',
      async () => {
        const port = new URL(service.url).port;
        const ids = new Set<string>();
        let count = 0;
        const property = fc.asyncProperty(anyRequest(port), async (one) => {
          const received = await send(agent, port, one);
          count += 1;
          const kind = kindOf(received);
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          const problems = [...problemsOf(one, received)];
          const id = String(received.headers['x-openstack-request-id']);
          if (ids.has(id)) problems.push(`an earlier answer had the request id ${id}`);
          ids.add(id);
          if (problems.length > 0) {
            throw new Error(`${problems.join('; ')}. The answer was ${describeAnswer(received)}`);
          }
        });
        // A run sends one request at a time. Several runs with different seeds send requests concurrently.
        const seed = testSeed(`requests ${name}`);
        const runs = Array.from({ length: CLIENTS }, (_, index) =>
          fc.assert(property, { seed: seed + index, numRuns: Math.ceil(REQUESTS / CLIENTS) }),
        );
        for (const run of await Promise.allSettled(runs)) {
          if (run.status === 'rejected') throw run.reason;
        }
        summaries.push(`${count} requests ${name}`);
        expect(count).toBeGreaterThanOrEqual(REQUESTS);
      },
      RANDOM_REQUESTS_TIMEOUT,
    );

    it.each(INVALID_HTTP)(
      'after invalid HTTP, the client gets an error response or none, and the service closes the connection: %s',
      async (_name, bytes, answer) => {
        const received = await sendBytes(new URL(service.url).port, bytes);
        expect(received.slice(0, received.indexOf('\r\n')).replace(/^HTTP\/1.1 /, '')).toBe(answer);
        expect(internalsIn(received, bytes)).toEqual([]);
      },
    );
  });

  it('the random requests of this test cover every kind of response', () => {
    expect([...kinds.keys()]).toEqual(
      expect.arrayContaining([
        '200 instanceAction',
        '200 instanceActions',
        '200 instanceActions,links',
        '200 openapi,paths,info',
        '200 server',
        '200 version',
        '200 versions',
        '300 choices',
        '400 badRequest',
        '401 error',
        '403 forbidden',
        '404 itemNotFound',
        '404 message,code,title',
        '404 text/html; charset=UTF-8',
        '404 text/plain; charset=UTF-8',
        '406 computeFault',
        '415 badMediaType',
      ]),
    );
  });
});

/** Returns the status of an answer, with the first keys of a JSON body or with the content type. */
function kindOf({ status, headers, text }: ReceivedResponse): string {
  const type = headers['content-type'] ?? 'nothing';
  return `${status} ${
    (type.includes('json') &&
      Object.keys(parse(text) ?? {})
        .slice(0, 3)
        .join()) ||
    type
  }`;
}

function describeAnswer({ status, headers, text }: ReceivedResponse): string {
  return JSON.stringify({ status, headers, text: text.slice(0, 1000) });
}
