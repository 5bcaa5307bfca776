import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ConformanceCase, Json, RecordedAnswer } from './cases.js';
import { digestOf } from './digest.js';
import { formatReport, replay } from './replay.js';
import type { ReplayOptions } from './replay.js';

/** A response of the test server. By default it equals the constant `recorded`. */
type Answer = Pick<ServerResponse, 'statusCode'> & { headers: [string, string][]; body: string };

/** A status with which the test server closes the connection without a response. */
const HANG_UP = -1;

const VARY = 'OpenStack-API-Version, X-OpenStack-Nova-API-Version';
const rows: Json[] = ['a', 'ä\u007f', '😀'].map((action) => ({ action, message: null }));
const recorded: RecordedAnswer = {
  status: 200,
  headers: {
    'content-type': 'application/json',
    vary: VARY,
    'www-authenticate': 'Keystone uri="{keystone}/"',
  },
  body: { instanceActions: rows, links: [{ rel: 'next', href: '{base}/v2.1/x?marker=1' }] },
};

let server: Server;
let base: string;
let answer: Answer;
let asked: IncomingMessage[];

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    if (answer.statusCode === HANG_UP && request.url !== '/') return request.socket.destroy();
    response.statusCode = Math.max(200, answer.statusCode);
    for (const [name, value] of answer.headers) response.appendHeader(name, value);
    return response.end(answer.body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const headers: [string, string][] = [
    ['Content-Type', 'application/json'],
    ['Vary', 'OpenStack-API-Version'],
    ['Vary', 'X-OpenStack-Nova-API-Version'],
  ];
  answer = { statusCode: 200, headers, body: JSON.stringify(recorded.body).replaceAll('{base}', base) };
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function aCase(changes: Partial<ConformanceCase> = {}): ConformanceCase {
  const request = { persona: 'alice', method: 'GET', path: '/v2.1/x', headers: {}, body: null };
  return { id: 'one', group: 'some', ...request, answer: recorded, ...changes };
}

async function found(changes: Partial<ConformanceCase> = {}, options: Partial<ReplayOptions> = {}) {
  const report = await replay([aCase(changes)], { baseUrl: base, tokens: { alice: 'secret' }, ...options });
  return report.different.map(({ text }) => text).join('\n');
}

describe('the comparison of responses', () => {
  it('the comparison reports no difference if the response equals the recorded answer, with one Vary header or two', async () => {
    expect(await found()).toBe('');
    answer.headers = [answer.headers[0] ?? ['', ''], ['vary', VARY.replace(' ', '')]];
    expect(await found()).toBe('');
  });

  it('the comparison reports a different status together with the received body', async () => {
    answer = { ...answer, statusCode: 404, body: '{"itemNotFound": {"code": 404}}' };
    const text = await found({ headers: { Accept: 'a/b' } });
    expect(text).toMatch(
      /^one \(some\): GET \/v2\.1\/x as alice with Accept: a\/b: status: expected 200, got 404; /,
    );
    expect(text).toContain('itemNotFound');
  });

  it('the comparison reports a header that is missing, different or unexpected', async () => {
    answer.headers[0] = ['Content-Type', 'application/json; charset=utf-8'];
    answer.headers.pop();
    answer.headers.push(['OpenStack-API-Version', 'compute 2.1'], ['Allow', 'GET']);
    const text = await found();
    expect(text).toContain(
      'header content-type: expected "application/json", got "application/json; charset=utf-8"',
    );
    expect(text).toContain(`header vary: expected "${VARY}", got "OpenStack-API-Version"`);
    expect(text).toContain('header openstack-api-version: expected none, got "compute 2.1"');
    expect(text).not.toContain('allow');
  });

  it('the comparison checks www-authenticate only if the URL of Keystone is given', async () => {
    const keystoneUrl = 'http://keystone:5000/v3/';
    expect(await found({}, { keystoneUrl })).toContain('got none');
    answer.headers.push(['WWW-Authenticate', 'Keystone uri="http://keystone:5000/v3/"']);
    expect(await found({}, { keystoneUrl })).toBe('');
  });

  it.each([
    ['a different value', /"a"/, '"b"', 'body /instanceActions/0/action: expected "a", got "b"'],
    [
      'a missing key',
      /,"message":null/,
      '',
      'body /instanceActions/0/message: expected null, got no such key',
    ],
    ['an extra key', /null/, 'null,"id":1', 'body /instanceActions/0/id: expected no such key, got 1'],
    ['broken JSON', /\{"action":"😀","message":null\}/, '', 'body: expected JSON, got'],
    [
      'a missing row',
      /,\{"action":"😀","message":null\}/,
      '',
      'body /instanceActions: expected 3 elements, got 2',
    ],
    ['a text', /^.*$/, 'Not Found', 'body: expected JSON, got "Not Found"'],
    ['a different address', /http:\/\//, 'https://', 'body /links/0/href: expected "http://'],
    [
      'a different order of keys',
      /"action":"a","message":null/,
      '"message":null,"action":"a"',
      'body /instanceActions/0: expected the keys in the order action, message, got message, action',
    ],
  ])('the comparison reports %s in the body', async (_name, old, fresh, expected) => {
    answer.body = answer.body.replace(old, fresh);
    expect(await found()).toContain(expected);
  });

  it('the comparison checks a text body byte for byte', async () => {
    answer.body = '404 Not Found\n';
    expect(await found({ answer: { ...recorded, body: '404 Not Found\n' } })).toBe('');
    expect(await found({ answer: { ...recorded, body: '404 Not Found' } })).toContain('expected the text');
  });

  it('the comparison reports a request that gets no response', async () => {
    answer.statusCode = HANG_UP;
    expect(await found()).toContain('no response: Error: socket hang up');
  });
});

describe('the digest of a long list', () => {
  const list = { instanceActions: rows, links: [] as Json[] };
  const body = { digest: '', count: 3, first: rows.slice(0, 1), last: rows.slice(-1), links: [] };

  it.each([
    ['no difference in an equal list', list, ''],
    [
      'a different number of rows',
      { ...list, instanceActions: rows.slice(1) },
      'body: expected 3 rows, got 2',
    ],
    [
      'a different last row',
      { ...list, instanceActions: [rows[0], rows[1], rows[1]] },
      '/instanceActions/2/action',
    ],
    [
      'a different row in the middle',
      { ...list, instanceActions: [rows[0], rows[0], rows[2]] },
      'expected digest',
    ],
    ['a list without links', { instanceActions: rows }, 'body /links: expected [], got null'],
    [
      'a different order of keys',
      { ...list, instanceActions: [rows[0], { message: null, action: 'ä\u007f' }, rows[2]] },
      'body /instanceActions/1: expected the keys in the order action, message, got message, action',
    ],
  ])('the comparison of a long list reports %s', async (_name, got, expected) => {
    answer.body = JSON.stringify(got);
    const text = await found({ answer: { ...recorded, body: { ...body, digest: digestOf(list, base) } } });
    expect(text).toContain(expected);
    expect(text === '').toBe(expected === '');
  });
});

it('the comparison accepts a long list in which one row has an additional key, if the recorded list has that key too', async () => {
  const longer = {
    instanceActions: [rows[0], { action: 'b', links: [], message: null }, rows[2]] as Json[],
    links: [],
  };
  const digest = {
    digest: digestOf(longer, base),
    count: 3,
    first: [rows[0] ?? null],
    last: [rows[2] ?? null],
    links: [],
  };
  answer.body = JSON.stringify(longer);
  expect(await found({ answer: { ...recorded, body: digest } })).toBe('');
});

describe('the replay of recorded requests', () => {
  it('the replay of recorded requests stops with one error if the server does not respond or a token is missing', async () => {
    await expect(found({}, { baseUrl: 'http://127.0.0.1:1' })).rejects.toThrow('no server responds at');
    await expect(found({ persona: 'bob' })).rejects.toThrow('no token is given for bob');
  });

  it('the replay of recorded requests sends exactly the recorded path, headers and body, and the token of the persona (user)', async () => {
    const path = '/v2.1//servers/..%2f../%zz/./x?';
    const headers = { 'OpenStack-API-Version': ' compute 2.51' };
    await found({ path, headers, method: 'POST', body: 'text', persona: 'empty' });
    expect(asked[1]?.url).toBe(path);
    expect(asked[1]?.method).toBe('POST');
    const names = asked[1]?.rawHeaders.filter((_value, index) => index % 2 === 0);
    expect(names?.sort()).toEqual(
      ['Connection', 'Content-Length', 'Host', 'OpenStack-API-Version', 'X-Auth-Token'].sort(),
    );
    expect(asked[1]?.headers['x-auth-token']).toBe('');
    await found({ persona: null });
    expect(asked.at(-1)?.headers).not.toHaveProperty('x-auth-token');
  });

  it('the replay of recorded requests reports the counts of each group, the known differences, and known differences that no longer occur', async () => {
    const wrong = { ...recorded, status: 300 };
    const cases = [
      ...Array.from({ length: 1200 }, (_value, index) => aCase({ id: `same-${index}` })),
      aCase({ id: 'known', group: 'other', answer: wrong }),
      ...Array.from({ length: 22 }, (_value, index) => aCase({ id: `wrong-${index}`, answer: wrong })),
    ];
    const knownDifferences = new Map([
      ['known', 'for a known reason'],
      ['same-1', 'was different before'],
    ]);
    const report = await replay(cases, { baseUrl: base, tokens: { alice: 'secret' }, knownDifferences });
    const lines = formatReport(report).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      'group  cases   same  different  known',
      'some   1,222  1,200         22      0',
      'other      1      0          0      1',
    ]);
    expect(lines.filter((line) => line.startsWith('wrong-'))).toHaveLength(20);
    expect(lines).toContain('… and 2 more differences');
    expect(lines).toContain('known difference known: for a known reason');
    expect(lines).toContain('no longer different: same-1 (remove it from the known differences)');
    expect(lines.at(-1)).toBe('1,200 of 1,223');
  });
});
