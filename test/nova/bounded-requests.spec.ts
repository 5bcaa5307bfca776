import { beforeAll, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { startKeystoneWithPersonas } from '../faults/support/service.js';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova } from '../support/nova/fake.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import { StepCounter } from '../support/load/steps.js';
import type { TestStore } from '../support/databases/stores.js';
import { WireClient } from '../support/http/wire-client.js';
import { type ApiDocument, type RequestPart, worstRequests } from '../support/requests/worst-requests.js';
import { type TextOfLength, repeatedText } from '../support/requests/worst-texts.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The length of the long text in each request, in bytes: the maximum that the default of MAX_URL_LENGTH allows. */
const TEXT_LENGTH = 8_000;
/**
 * The maximum number of steps (executed blocks of JavaScript) that a request may need. Even a slow machine runs a
 * million steps in less than 50 ms.
 */
const MAX_STEPS = 1_000_000;
/**
 * The maximum number of steps for a request whose token has access rules. The service itself limits the steps of the
 * comparison with access rules, and this number is close to that limit.
 */
const MAX_STEPS_WITH_ACCESS_RULES = 4_000_000;
/**
 * The number of times that the longer text is as long as TEXT_LENGTH. Each test compares these two lengths. For the
 * longer text it raises the limits on lengths.
 */
const LENGTH_FACTOR = 4;
/**
 * The maximum ratio of the steps for the longer text to those for TEXT_LENGTH. It allows linear growth, with some
 * tolerance.
 */
const MAX_GROWTH = 1.25 * LENGTH_FACTOR;

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const keep = closeAfterAll();

const keystone = keep(new FakeKeystone());
const nova = keep(new FakeNova());
const counter = keep(new StepCounter());
const headersRead = new Set<string>();
let store: TestStore;
let service: RunningService;

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(
    await startService({
      DATABASE_URL: store.url,
      ...(await startKeystoneWithPersonas(keystone)),
      UPSTREAM_NOVA_URL: await nova.start(),
      CORS_ORIGINS: '*',
      TRUSTED_PROXIES: '127.0.0.1',
      RATE_LIMIT: '1000000000',
      MAX_HEADER_SIZE: '1048576',
      MAX_URL_LENGTH: '1048576',
    }),
  );
  service.application.getHttpServer().prependListener('request', recordHeaders);
  await counter.start();
});

/** Records the names of the headers that the service and its packages read. */
function recordHeaders(request: IncomingMessage): void {
  request.headers = new Proxy(request.headers, {
    get(headers, name) {
      if (typeof name === 'string') headersRead.add(name);
      return headers[name as string];
    },
  });
}

function stepsOf(bytes: string): Promise<number> {
  return counter.count(async () => {
    const client = await WireClient.connect(service.url);
    client.send(bytes);
    const { error } = await client.answer();
    expect(error).toBeUndefined();
  });
}

/** Sends requests that have long texts in one part, such as a header. Returns a message if they need too many steps. */
async function problemsOf({ name, requests }: RequestPart): Promise<string[]> {
  const costs: { request: TextOfLength; steps: number }[] = [];
  for (const request of requests) costs.push({ request, steps: await stepsOf(request(TEXT_LENGTH)) });
  const [costliest] = costs.sort((one, other) => other.steps - one.steps);
  if (costliest === undefined) throw new Error(`there are no requests for ${name}`);
  const { request, steps } = costliest;
  const shown = `${name}: ${JSON.stringify(request(20))}`;
  if (steps > MAX_STEPS) return [`${shown} needs ${steps} steps`];
  const growth = (await stepsOf(request(LENGTH_FACTOR * TEXT_LENGTH))) / steps;
  return growth > MAX_GROWTH
    ? [`${shown} needs ${growth} times the steps with a text ${LENGTH_FACTOR} times as long`]
    : [];
}

async function places(): Promise<readonly RequestPart[]> {
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as ApiDocument;
  return worstRequests({ token: personaTokens['admin'] ?? '', server: SERVER, document });
}

describe('the work for one request', () => {
  it('the work for one request is limited, and grows at most in proportion to the length of the request', async () => {
    const all = await places();
    const problems: string[] = [];
    for (const place of all) problems.push(...(await problemsOf(place)));
    expect(problems).toEqual([]);
    // If this check fails, the service reads a header for which test/support/requests/worst-requests.ts has no
    // requests.
    const tried = new Set(all.map(({ name }) => name.split(' ')[0]?.toLowerCase()));
    expect([...headersRead].filter((name) => !tried.has(name))).toEqual([]);
  });

  it.each([
    ['a', '**'],
    ['[', '**'],
    ['a', '*'],
    ['{', '{a}'],
    ['a', 'a*'],
    ['a', '{'],
  ])(
    'one request causes only limited work, even if the path repeats %j and the token has 650 access rules that repeat %j',
    async (text, piece) => {
      const start = repeatedText(piece, '/v2.1/**')(110);
      const rules = Array.from({ length: 650 }, (_, index) => ({
        service: 'compute',
        method: 'GET',
        path: `${start}${index}`,
      }));
      const token = `with-rules-of-${piece}`;
      keystone.tokens.set(token, { accessRules: rules });
      const target = `/v2.1/servers/x/os-instance-actions/${text.repeat(TEXT_LENGTH)}`;
      const head = [`GET ${target} HTTP/1.1`, 'Host: a', 'Connection: close', `X-Auth-Token: ${token}`];
      expect(await stepsOf(`${head.join('\r\n')}\r\n\r\n`)).toBeLessThan(MAX_STEPS_WITH_ACCESS_RULES);
    },
  );
});
