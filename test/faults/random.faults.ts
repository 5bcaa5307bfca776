import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Agent } from 'node:http';
import { problemsOf } from '../nova/property/answers.js';
import { anyRequest } from '../nova/property/requests.js';
import { type SentRequest, send } from '../nova/property/wire.js';
import { testSeed } from '../support/random.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import type { TestStore } from '../support/databases/stores.js';
import { underLoad } from './support/load.js';
import { reportOutcome } from './support/report.js';
import { FaultedService } from './support/service.js';
import type { Tally } from './support/tally.js';
import { closeAfterAll } from '../support/close-after-all.js';

const REQUESTS = 50_000;
const CLIENTS = 16;

let store: TestStore;
let service: FaultedService;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(await FaultedService.start({ DATABASE_URL: store.url }));
});

function* requests(seed: number): Generator<SentRequest> {
  const { port } = new URL(service.url);
  const batchSize = 1_000;
  for (let made = 0; made < REQUESTS; made += batchSize) {
    yield* fc.sample(anyRequest(port), { seed: seed + made, numRuns: batchSize });
  }
}

async function sendAll(all: Iterator<SentRequest>, agent: Agent, tally: Tally): Promise<void> {
  for (let next = all.next(); !next.done; next = all.next()) {
    const one = next.value;
    const asked = performance.now();
    try {
      const received = await send(agent, new URL(service.url).port, one);
      const problems = [...problemsOf(one, received)];
      if (problems.length > 0) tally.wrong(asked, `${JSON.stringify(one)}: ${problems.join('; ')}`);
      else tally.add(received.status < 400 ? 'right' : 'refused', asked);
    } catch (error) {
      tally.wrong(asked, `${JSON.stringify(one)}: no response: ${String(error)}`);
    }
  }
}

describe('random requests', () => {
  it('random requests get correct responses or a defined error, and do not affect other callers', async () => {
    const agent = new Agent({ keepAlive: true, maxFreeSockets: CLIENTS });
    const all = requests(testSeed('any requests'));
    const outcome = await underLoad(
      service.url,
      {
        begin: (tally) => Promise.all(Array.from({ length: CLIENTS }, () => sendAll(all, agent, tally))),
        lasts: 0,
        end: () => {
          agent.destroy();
        },
      },
      { callers: 4 },
    );
    expect(outcome.asked).toBeGreaterThan(REQUESTS);
    service.expectHealthy();
    reportOutcome('50,000 random requests', outcome, '4 callers and 16 clients with random requests');
  });
});
