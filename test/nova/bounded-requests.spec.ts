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
import { type ApiDocument, type Place, worstRequests } from '../support/questions/worst-requests.js';
import { type Filling, repeated } from '../support/questions/worst-texts.js';
import { endedAfterAll } from '../support/ended-after-all.js';

/** How long a text is, in bytes: as long as MAX_URL_LENGTH lets it be by default. */
const LENGTH = 8_000;
/** A request takes so many steps at most. Even a slow machine makes a million of them in less than 50 ms. */
const MOST_STEPS = 1_000_000;
/** Access rules have a limit of their own, which is near this many steps. They are the simplest ones there are. */
const MOST_STEPS_FOR_RULES = 4_000_000;
/** With MAX_HEADER_SIZE and MAX_URL_LENGTH raised, a text so many times as long takes about as many times the steps. */
const LONGER = 4;
const MOST_GROWTH = 1.25 * LONGER;

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const keep = endedAfterAll();

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
  service.application.getHttpServer().prependListener('request', noteHeaders);
  await counter.start();
});

/** Notes which headers the service and its packages read. */
function noteHeaders(request: IncomingMessage): void {
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

/** What is wrong with a place, with the request that shows it. */
async function problemsOf({ name, requests }: Place): Promise<string[]> {
  const costs: { request: Filling; steps: number }[] = [];
  for (const request of requests) costs.push({ request, steps: await stepsOf(request(LENGTH)) });
  const [costliest] = costs.sort((one, other) => other.steps - one.steps);
  if (costliest === undefined) throw new Error(`nothing is tried in ${name}`);
  const { request, steps } = costliest;
  const shown = `${name}: ${JSON.stringify(request(20))}`;
  if (steps > MOST_STEPS) return [`${shown} takes ${steps} steps`];
  const growth = (await stepsOf(request(LONGER * LENGTH))) / steps;
  return growth > MOST_GROWTH
    ? [`${shown} takes ${growth} times the steps when ${LONGER} times as long`]
    : [];
}

async function places(): Promise<readonly Place[]> {
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as ApiDocument;
  return worstRequests({ token: personaTokens['admin'] ?? '', server: SERVER, document });
}

describe('the work for one request', () => {
  it('the work for one request is limited, and proportional to its length for any content', async () => {
    const all = await places();
    const problems: string[] = [];
    for (const place of all) problems.push(...(await problemsOf(place)));
    expect(problems).toEqual([]);
    // A header that is missing here is read somewhere, and needs a place in test/support/questions/worst-requests.ts.
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
    'the work for one request is limited for a path of %j and the most access rules of %j that a token can have',
    async (text, piece) => {
      const beginning = repeated(piece, '/v2.1/**')(110);
      const rules = Array.from({ length: 650 }, (_, index) => ({
        service: 'compute',
        method: 'GET',
        path: `${beginning}${index}`,
      }));
      const token = `with-rules-of-${piece}`;
      keystone.tokens.set(token, { accessRules: rules });
      const target = `/v2.1/servers/x/os-instance-actions/${text.repeat(LENGTH)}`;
      const head = [`GET ${target} HTTP/1.1`, 'Host: a', 'Connection: close', `X-Auth-Token: ${token}`];
      expect(await stepsOf(`${head.join('\r\n')}\r\n\r\n`)).toBeLessThan(MOST_STEPS_FOR_RULES);
    },
  );
});
