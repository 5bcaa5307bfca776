import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { RecordedAnswer } from './cases.js';
import { closeAfterAll } from '../support/close-after-all.js';
import type { NovaApi } from '../support/nova/api.js';
import { type NovaRequest, RandomNovaRequests } from '../support/requests/nova.js';
import { type RandomRows, randomRows } from '../support/nova/rows.js';
import { loadNovaRows } from '../support/nova/rows-load.js';
import { type BesideNova, startBesideNova } from '../support/comparison/beside-nova.js';
import { toRecordedAnswer, differencesOf } from '../support/comparison/comparable-answers.js';
import { WriteConversation } from '../support/comparison/write-conversation.js';
import { DELIBERATE_DIFFERENCES } from '../support/comparison/deliberate-differences.js';
import { RELEASE_DIFFERENCES, applyDifferences } from '../support/comparison/release-differences.js';
import { Random, seededRandom } from '../support/random.js';

/** The number of random requests. A larger number may find more differences. */
const REQUEST_COUNT = Number(process.env.TEST_REQUESTS ?? 1_600);
/** The number of steps of a conversation with requests that write. */
const STEP_COUNT = Number(process.env.TEST_REQUESTS ?? 220);
const { seed: chosen } = seededRandom('conversations');
/** The seeds of the conversations. `TEST_SEED` replaces the second one, to search for differences. */
const SEEDS = [1, chosen === 1 ? 2 : chosen];
/** Methods and statuses that at least one conversation must contain. The conversation with the fixed seed contains all. */
const USUAL_ANSWERS = [
  'POST 200',
  'POST 202',
  'POST 400',
  'POST 403',
  'POST 404',
  'DELETE 204',
  'DELETE 404',
  'GET 200',
];
const CONCURRENCY = 4;
const MAX_SHOWN = 12;

jest.setTimeout(600_000);

const keep = closeAfterAll();

let peers: BesideNova;
let random: Random;
let rows: RandomRows;

beforeAll(async () => {
  random = seededRandom('peers');
  rows = randomRows(random);
  const prepare = async ({ databases }: NovaApi) => {
    await loadNovaRows(databases, rows);
    return {};
  };
  peers = keep(await startBesideNova({ connections: CONCURRENCY, prepare }));
});

async function askNova(question: NovaRequest): Promise<RecordedAnswer> {
  try {
    return toRecordedAnswer(await peers.send('nova', question));
  } catch (error) {
    return { status: 0, headers: {}, body: String(error) };
  }
}

/**
 * Sends a request to the service and to nova-api.
 *
 * @returns a description of the differences between the two responses; undefined if they are equal
 */
async function compare(question: NovaRequest, counts: Map<string, number>): Promise<string | undefined> {
  const about = rows.servers.find(({ uuid }) => question.path.toLowerCase().includes(uuid));
  const [first, received] = [await askNova(question), await peers.send('service', question)];
  const exchange = { request: question, server: about, expected: first, received, send: askNova };
  const { expected, applied } = await applyDifferences(exchange, [
    ...RELEASE_DIFFERENCES,
    ...DELIBERATE_DIFFERENCES,
  ]);
  for (const name of applied) counts.set(name, (counts.get(name) ?? 0) + 1);
  const found = differencesOf(expected, received);
  if (found.length === 0) return undefined;
  const { persona, method, headers } = question;
  return [
    `${method} ${question.path} ${JSON.stringify(headers)} as ${persona ?? 'a caller without a token'}`,
    `  about: ${about?.kind ?? 'no server'}; known differences: ${applied.join(', ') || 'none'}`,
    ...found.map((sentence) => `  ${sentence}`),
    `  Nova: ${first.status} ${JSON.stringify(first.body).slice(0, 300)}`,
    `  service: ${received.status} ${received.body.slice(0, 300)}`,
  ].join('\n');
}

describe('services with own stores and a real Nova 26.2', () => {
  /** Method and status of the responses so far. */
  const seen = new Set<string>();
  let conversation: WriteConversation;

  beforeAll(async () => {
    conversation = keep(await WriteConversation.start(peers, rows));
  });

  it.each(SEEDS)(
    'services with own stores and a real Nova 26.2 return the same responses to a random conversation that writes: seed %d',
    async (seed) => {
      const { different, answers, known } = await conversation.run(new Random(seed), STEP_COUNT);
      const print = (counts: ReadonlyMap<string, number>): string =>
        [...counts]
          .map(([name, count]) => `${count} × ${name}`)
          .sort()
          .join(', ');
      process.stdout.write(
        `conversation with the seed ${seed}: ${print(answers)}; known differences: ${print(known)}\n`,
      );
      expect(different.slice(0, MAX_SHOWN)).toEqual([]);
      for (const answer of answers.keys()) seen.add(answer);
      for (const usual of USUAL_ANSWERS) expect(seen).toContain(usual);
      const [nova = [], ...own] = (await conversation.locks()).values();
      expect(own).toEqual(own.map(() => nova));
    },
  );
});

describe('the service beside a real Nova 26.2', () => {
  it('the service beside a real Nova 26.2 returns the same responses as nova-api to random requests', async () => {
    const questions = new RandomNovaRequests(random, rows);
    const known = new Map<string, number>();
    const different: string[] = [];
    // All requests are generated before the first one is sent, so that the same seed always gives the same requests.
    const waiting = Array.from({ length: REQUEST_COUNT }, () => questions.next()).values();
    const work = async (): Promise<void> => {
      for (const question of waiting) {
        const found = await compare(question, known);
        if (found !== undefined) different.push(found);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, work));
    const counted = [...RELEASE_DIFFERENCES, ...DELIBERATE_DIFFERENCES].map(
      ({ name }) => `${known.get(name) ?? 0} × ${name}`,
    );
    process.stdout.write(
      `${REQUEST_COUNT} requests, ${different.length} with different responses; known differences:\n${counted.join('\n')}\n`,
    );
    expect(different.slice(0, MAX_SHOWN)).toEqual([]);
  });
});
