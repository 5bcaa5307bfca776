import { describe, expect, it } from '@jest/globals';
import type { Json } from './cases.js';
import { compareAnswers } from './compare.js';
import { asRecording } from './record.js';

const BASE = 'http://nova.example.org:8774';
const OTHER = 'http://other.example.org';

const rows = (count: number): Json[] =>
  Array.from({ length: count }, (_, id) => ({ id, uuid: `größe-${id}`.padEnd(60) }));
const links = (base: string): Json => [{ rel: 'next', href: `${base}/v2.1/os-migrations?marker=7` }];

function received(body: Json, headers: Readonly<Record<string, string>> = {}) {
  const all = new Map(Object.entries({ 'content-type': 'application/json', ...headers }));
  return { status: 200, headers: all, body: JSON.stringify(body) };
}

describe('the recording of a response', () => {
  it.each(['links', 'migrations_links'])(
    'a long list is recorded as a digest, together with the links from the key %s',
    (name) => {
      const list = (base: string, count = 200): Json => ({ migrations: rows(count), [name]: links(base) });
      const recorded = asRecording(received(list(BASE)), BASE);
      expect(recorded.body).toEqual({
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        count: 200,
        first: rows(1),
        last: rows(200).slice(-1),
        links: links('{base}'),
      });
      expect(compareAnswers(recorded, received(list(OTHER)), { base: OTHER })).toEqual([]);
      expect(compareAnswers(recorded, received(list(BASE)), { base: OTHER })).toHaveLength(1);
      expect(compareAnswers(recorded, received(list(OTHER, 199)), { base: OTHER })).toHaveLength(1);
    },
  );

  it.each([
    ['a short list', { migrations: rows(100), links: links(BASE) }],
    ['two lists', { migrations: rows(200), others: [] }],
    ['a long object that is not a list', { server: { text: 'x'.repeat(20_000) } }],
  ])('a response body with %s is recorded in full', (_what, body: Json) => {
    const recorded = asRecording(received(body), BASE);
    expect(JSON.stringify(recorded.body)).toBe(JSON.stringify(body).replace(BASE, '{base}'));
    expect(compareAnswers(recorded, received(body), { base: BASE })).toEqual([]);
  });

  it('a response is recorded with only those headers that are compared, and with placeholders instead of addresses', () => {
    const challenge = (uri: string) => ({ 'www-authenticate': `Keystone uri="${uri}"` });
    const { headers } = asRecording(
      received({}, { ...challenge('http://keystone:5000/'), date: 'now', 'x-openstack-request-id': 'req-1' }),
      BASE,
    );
    expect(headers).toEqual({ 'content-type': 'application/json', ...challenge('{keystone}/') });
    const under = asRecording(received({}, challenge('https://host/identity')), BASE);
    expect(under.headers).toMatchObject(challenge('{keystone}'));
  });

  it.each([
    ['', 'application/json'],
    ['{"cut": ', 'application/json'],
    ['"a text"', 'application/json; charset=UTF-8'],
    ['[1]', 'application/json'],
    [`<a href="${BASE}/v2.1/">`, 'text/html'],
  ])('a response body that is not a JSON object is recorded as text: %s', (body, type) => {
    const answer = { status: 404, headers: new Map([['content-type', type]]), body };
    const recorded = asRecording(answer, BASE);
    expect(recorded.body).toBe(body.replace(BASE, '{base}'));
    expect(compareAnswers(recorded, answer, { base: BASE })).toEqual([]);
  });
});
