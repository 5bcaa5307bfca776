import { beforeAll, describe, expect, it } from '@jest/globals';
import { responseHeaders } from '../../src/facade/headers.js';
import { readToken } from '../../src/identity/keystone/token.js';
import { RulesInForce } from '../../src/nova/policy/rules-in-force.js';
import { AccessLog } from '../../src/operations/log/access-log.js';
import { errorFields } from '../../src/operations/log/error-fields.js';
import type { Log } from '../../src/operations/log/open-log.js';
import { shorten } from '../../src/operations/log/shorten.js';
import type { ObservedRequest } from '../../src/operations/requests/observed-request.js';
import { StepCounter } from '../support/load/steps.js';
import {
  type TextOfLength,
  PATH_PIECES,
  numberedText,
  repeatedText,
} from '../support/requests/worst-texts.js';
import { closeAfterAll } from '../support/close-after-all.js';

/** The length of the longest text in these tests, in characters. */
const MAX_LENGTH = 16_000;
/**
 * The maximum ratio of the steps for a text to those for half of the text. It allows linear growth, with some
 * tolerance.
 */
const MAX_GROWTH = 2.5;
const MAX_STEPS_PER_CHARACTER = 400;

const keep = closeAfterAll();

const counter = keep(new StepCounter());

beforeAll(() => counter.start());

/** Parses and evaluates a rule of a policy file. */
function evaluateRule(rule: string): void {
  new RulesInForce({ rule, other: 'role:reader' }).decide(
    'rule',
    { project_id: 'p' },
    { roles: ['r'], user_id: 'u' },
  );
}

const TOKEN = { user: { id: 'u', domain: { id: 'd' } }, expires_at: '2100-01-01T00:00:00Z' };
const accessLog = new AccessLog({ child: () => ({ info: () => undefined }) } as unknown as Log);

function logRequest(path: string): void {
  const request = { originalUrl: path, headers: { 'x-openstack-request-id': path } };
  accessLog.finished({ request, nova: null, seconds: 0 } as unknown as ObservedRequest);
}

function list(length: number, item: (index: number) => unknown): unknown[] {
  return Array.from({ length: length / 20 }, (_, index) => item(index));
}

const PIECES_OF_RULES = [
  ...[
    '(',
    '( ',
    ') ',
    'not ',
    'a or ',
    'role:a and ',
    '@ or (',
    '"',
    "'",
    '%(',
    '%(a)s',
    'role:%(',
    'a:%(a',
    '% ',
    '1_',
  ],
  ...[
    '[',
    '[[',
    "'a'",
    "('a',",
    'a.',
    '-',
    '~',
    '#',
    '\\',
    ':',
    'rule:other ',
    'rule:# or ',
    '\t',
    '\xa0',
    '0.',
  ],
];
/**
 * The functions that read a text from outside the service. Each has pieces of text, which the tests repeat to make long
 * texts. test/nova/bounded-requests.spec.ts tests the texts in requests.
 */
const READERS: readonly (readonly [
  reader: string,
  read: (text: string) => unknown,
  pieces: readonly string[],
])[] = [
  ['a rule of a policy', evaluateRule, PIECES_OF_RULES],
  [
    'the left side of a rule',
    (text) => {
      evaluateRule(`${text}:%(project_id)s`);
    },
    PIECES_OF_RULES,
  ],
  ['a line of the access log', logRequest, PATH_PIECES.map((piece) => `/os-console-auth-tokens/${piece}`)],
  [
    'the shortening of a log line',
    (text) => shorten(JSON.stringify({ a: text, b: text, c: { d: text } }), 4_096),
    ['a', '"', '\x01', '\u{1F600}'],
  ],
  [
    'an error in the log',
    (text) => errorFields(new Error(text, { cause: new Error(text) })),
    ['a', '\n', ' at ', '('],
  ],
];

/** The functions that read a list from outside the service. */
const LISTS: readonly (readonly [reader: string, read: (length: number) => unknown])[] = [
  [
    'the list of headers of a response of nova-api',
    (length) =>
      responseHeaders(
        list(length, (index) => ['Connection', `X-${index}`, `X-${index}`, 'a']).flat() as string[],
      ),
  ],
  [
    'the list of roles of a token',
    (length) => readToken({ token: { ...TOKEN, roles: list(length, (index) => ({ name: `r${index}` })) } }),
  ],
  [
    'the catalog of a token',
    (length) => readToken({ token: { ...TOKEN, catalog: list(length, (index) => ({ type: `t${index}` })) } }),
  ],
];

/**
 * The number of attempts for a measurement. A measurement also counts other work of the process, such as timers of the
 * test runner.
 */
const MAX_TRIES = 3;

async function expectBounded(run: (length: number) => unknown): Promise<void> {
  // The result of this run is not used, because the first run also does one-time work.
  await counter.count(() => run(MAX_LENGTH / 8));
  for (let tries = 1; ; tries += 1) {
    const half = await counter.count(() => run(MAX_LENGTH / 2));
    const whole = await counter.count(() => run(MAX_LENGTH));
    if (whole / half >= MAX_GROWTH && tries < MAX_TRIES) continue;
    expect(whole / half).toBeLessThan(MAX_GROWTH);
    expect(whole / MAX_LENGTH).toBeLessThan(MAX_STEPS_PER_CHARACTER);
    return;
  }
}

function pairs(text: string): number {
  let same = 0;
  for (const one of text) for (const other of text) if (one === other) same += 1;
  return same;
}

describe('the count of steps', () => {
  it.each<[string, (text: string) => unknown]>([
    ['in loops', pairs],
    ['in `includes` within a loop', (text) => [...text].filter((_one, _index, all) => all.includes('b'))],
    ['in `indexOf` within a loop', (text) => [...text].map((_one, index) => text.indexOf('b', index))],
    ['in a regular expression within a loop', (text) => [...text].filter(() => /b/.test(text))],
  ])("the tests' count of steps detects quadratic growth %s", async (_where, read) => {
    await counter.count(() => read('a'));
    const half = await counter.count(() => read('a'.repeat(500)));
    const whole = await counter.count(() => read('a'.repeat(1_000)));
    expect(whole / half).toBeGreaterThan(MAX_GROWTH);
  });
});

describe('the work to read', () => {
  it.each(READERS.flatMap(([reader, read, pieces]) => pieces.map((piece) => [reader, piece, read] as const)))(
    'the work to read %s grows at most in proportion to the length, if the text repeats %j',
    async (_reader, piece, read) => {
      const filling: TextOfLength = piece.includes('#') ? numberedText(piece) : repeatedText(piece);
      await expectBounded((length) => read(filling(length)));
    },
  );

  it.each(LISTS)('the work to read %s grows at most in proportion to the length', async (_reader, read) => {
    await expectBounded(read);
  });
});
