import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reservePort } from '../support/http/port.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { npmRun, type Outcome } from '../support/process/run.js';
import { personaTokens, type RunningService, startService } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { type ConformanceCase, type ConformanceRequest, loadCases, withoutLabel } from './cases.js';
import { replay } from './replay.js';
import { closeAfterAll } from '../support/close-after-all.js';

let store: TestStore;
let service: RunningService;
let folder: string;

const keep = closeAfterAll();

beforeAll(async () => {
  store = keep(await recordedStore());
  service = keep(await startService({ DATABASE_URL: store.url }));
  folder = await mkdtemp(join(tmpdir(), 'record-'));
  keep(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'tokens.json'), JSON.stringify(personaTokens));
});

/** Selects one case for each combination of group, method, status, header names and body fields. */
function oneOfEachKind(): ConformanceCase[] {
  const kinds = new Map<string, ConformanceCase>();
  const all = [...loadCases('answers.jsonl'), ...loadCases('migrations-answers.jsonl')];
  for (const one of withoutLabel(all, 'unmapped').cases) {
    const { status, headers, body } = one.answer;
    const fields = typeof body === 'object' && body !== null ? Object.keys(body).join() : typeof body;
    const kind = [one.group, one.method, status, Object.keys(headers).sort().join(), fields].join(' ');
    if (!kinds.has(kind)) kinds.set(kind, one);
  }
  return [...kinds.values()];
}

function requestOf({ answer, ...request }: ConformanceCase): ConformanceRequest {
  expect(answer.status).toBeGreaterThan(0);
  return request;
}

function casesIn(lines: string): ConformanceCase[] {
  const texts = lines.split('\n').filter((line) => line !== '');
  return texts.map((line) => JSON.parse(line) as ConformanceCase);
}

function recordLines(lines: string, ...more: string[]): Promise<Outcome> {
  const words = [service.url, '--tokens', join(folder, 'tokens.json'), '--record', '-', ...more];
  return npmRun('conformance', words, { input: lines });
}

const VALID = {
  id: 'x-1',
  group: 'x',
  persona: 'alice',
  method: 'GET',
  path: '/v2.1/os-migrations',
  headers: {},
  body: null,
};

describe('npm run conformance with --record', () => {
  it('recording writes one line for each request, in the order of the requests and in the format of the recorded answers', async () => {
    const golden = oneOfEachKind();
    expect(golden.length).toBeGreaterThan(80);
    const lines = golden.map((one) => JSON.stringify(requestOf(one))).join('\n');
    const { code, out, err } = await recordLines(lines);
    expect([code, err]).toEqual([
      0,
      expect.stringMatching(/^(\d+ of \d+ responses received\n)*\d+ responses recorded\n$/),
    ]);
    const recorded = casesIn(out);
    const withoutChallenge = (one: ConformanceCase): ConformanceCase => {
      const { 'www-authenticate': challenge, ...headers } = one.answer.headers;
      expect(challenge ?? '{keystone}').not.toContain('http');
      return { ...one, answer: { ...one.answer, headers } };
    };
    expect(recorded.map(withoutChallenge)).toEqual(golden.map(withoutChallenge));
    for (const token of Object.values(personaTokens)) expect(out + err).not.toContain(token);
    expect(out).not.toContain(service.url);

    const report = await replay(recorded, { baseUrl: service.url, tokens: personaTokens });
    expect([report.total, report.different]).toEqual([golden.length, []]);
  });

  it('recording accepts lines that already have an answer, and sends the requests of these lines again', async () => {
    const before = {
      ...VALID,
      persona: 'admin',
      policy: '{}\n',
      answer: { status: 1, headers: {}, body: '' },
    };
    const { out } = await recordLines(`\n${JSON.stringify(before)}\r\n\n`);
    const [again] = casesIn(out);
    expect(again).toMatchObject({ id: 'x-1', policy: '{}\n', answer: { status: 200 } });
    expect(Object.keys(again ?? {}).slice(-2)).toEqual(['policy', 'answer']);
  });

  it('recording reports every invalid line, and writes nothing', async () => {
    const lines = [
      JSON.stringify(VALID),
      '{"id":',
      '[]',
      JSON.stringify(VALID),
      JSON.stringify({ ...VALID, id: 'x-2', persona: 'carol' }),
      JSON.stringify({ ...VALID, id: 'x-3', path: 'os-migrations' }),
      JSON.stringify({ ...VALID, id: 'x-4', body: undefined }),
      JSON.stringify({ ...VALID, id: 'x-5', header: {} }),
      JSON.stringify({ ...VALID, id: 'x-6', headers: { 'X-Auth-Token': 'secret' } }),
      JSON.stringify({ ...VALID, id: 'x-7', headers: { Accept: 1 } }),
    ].join('\n');
    const { code, out, err } = await recordLines(lines);
    expect([code, out]).toEqual([2, '']);
    expect(err.split('\n')).toEqual([
      expect.stringMatching(/^-:2: .*JSON/),
      '-:3: not a JSON object',
      '-:4: the id x-1 occurs twice',
      expect.stringMatching(
        /^-:5: "persona" is unknown: carol; the personas are alice, .*garbage, and null$/,
      ),
      '-:6: "path" must begin with / and be percent-encoded',
      '-:7: "body" is missing',
      '-:8: "header" is an unknown field',
      '-:9: "headers" contains X-Auth-Token; pass tokens with --tokens',
      '-:10: "headers" needs a string for Accept',
      'usage: npm run conformance -- --help',
      '',
    ]);
  });

  it.each([
    ['an empty list of requests', '\n', [], /^-: contains no request\n/],
    [
      'options for checking together with --record',
      JSON.stringify(VALID),
      ['--group', 'x'],
      /^--answers, --group and --keystone cannot/,
    ],
    [
      'a token in a path',
      JSON.stringify({ ...VALID, path: `/v2.1/os-migrations?status=${personaTokens['bob'] ?? ''}` }),
      [],
      /^x-1: the request or its response contains the token of bob\n$/,
    ],
  ])('recording rejects %s', async (_what, lines, more, message) => {
    const { code, out, err } = await recordLines(lines, ...more);
    expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
  });

  it('npm run conformance with --answers compares responses with the recorded answers in the given file', async () => {
    const { out } = await recordLines(JSON.stringify(VALID));
    const answers = join(folder, 'answers.jsonl');
    const check = async (text: string): Promise<Outcome> => {
      await writeFile(answers, text);
      const words = [service.url, '--tokens', join(folder, 'tokens.json'), '--answers', answers];
      return npmRun('conformance', words);
    };
    expect(await check(out)).toMatchObject({ code: 0, out: expect.stringContaining('\n1 of 1\n') });
    const other = out.replace('"status":', '"status":4');
    expect(await check(other)).toMatchObject({ code: 1, out: expect.stringContaining('\n0 of 1\n') });
  });

  it.each([
    ['{"alice": "gAAAAAB-a-secret"', /^\S+: not JSON\n/],
    ['{"bob": "gAAAAAB-a-secret"}', /^-:1: no token is given for alice\n/],
  ])(
    'recording reports invalid or missing tokens without printing any token: %s',
    async (tokens, message) => {
      const file = join(folder, 'other-tokens.json');
      await writeFile(file, tokens);
      const words = [service.url, '--tokens', file, '--record', '-'];
      const { code, out, err } = await npmRun('conformance', words, { input: JSON.stringify(VALID) });
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
      expect(err).not.toContain('gAAAAAB');
    },
  );

  it('recording reports that no server responds at the given address', async () => {
    const reserved = await reservePort();
    await reserved.release();
    const url = `http://127.0.0.1:${reserved.port}`;
    const words = [url, '--tokens', join(folder, 'tokens.json'), '--record', '-'];
    const { code, out, err } = await npmRun('conformance', words, { input: JSON.stringify(VALID) });
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(`no server responds at ${url}: `)]);
  });
});
