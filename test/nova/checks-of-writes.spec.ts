import { describe, expect, it } from '@jest/globals';
import { personaTokens } from '../support/service/service.js';
import { changes } from '../support/service/things-module.js';
import {
  forbidden,
  MALFORMED,
  notFound,
  PEN,
  RESOURCE_NOT_FOUND,
  thingsService,
} from '../support/service/things-service.js';

const things = thingsService();

describe('the order of checks', () => {
  const WRONG = { thing: { name: '' } };

  it.each([
    [
      'a token',
      'POST',
      'os-things',
      '{',
      { persona: 'nobody', version: '9.9', type: 'a/b' },
      { status: 401 },
    ],
    ['the microversion', 'POST', 'os-things', '{', { version: '9.9', type: 'a/b' }, { status: 406 }],
    ['the Content-Type', 'POST', 'os-things', '{', { type: 'text/html' }, { status: 415 }],
    ['the JSON', 'POST', 'os-things', '{', { project: 'abc' }, MALFORMED],
    ['the project id', 'POST', 'os-things', WRONG, { project: 'abc' }, { status: 400 }],
    [
      'the first microversion',
      'DELETE',
      'os-things/nobody',
      undefined,
      { version: '2.4' },
      RESOURCE_NOT_FOUND,
    ],
    ['the body', 'PUT', 'os-things/nobody', WRONG, {}, { status: 400 }],
    [
      'the item',
      'PUT',
      'os-things/nobody',
      PEN,
      { persona: 'nora' },
      notFound('Thing nobody could not be found.'),
    ],
    ['the policy', 'PUT', 'os-things/bob', PEN, {}, forbidden('rename')],
  ] as const)(
    'the order of checks: the first failed check determines the response, and the handler does not run: %s',
    async (_check, method, path, body, options, answer) => {
      expect(await things.send(method, path, body, options)).toMatchObject(answer);
      expect(changes).toEqual([]);
    },
  );

  it.each([
    'application/json',
    'application/vnd.openstack.compute+json',
    'text/plain',
    'application/json; charset=utf-8',
  ])('the check of the Content-Type accepts %s', async (type) => {
    expect((await things.send('POST', 'os-things', PEN, { type })).status).toBe(201);
  });

  it.each(['application/json ; charset=utf-8', 'Application/JSON', 'application/json, text/plain'])(
    'the check of the Content-Type rejects %s',
    async (type) => {
      expect((await things.send('POST', 'os-things', PEN, { type })).status).toBe(415);
    },
  );
});

describe('a request that writes below /v2', () => {
  it('a request that writes below /v2 may have unknown properties, which the service ignores', async () => {
    const answer = await fetch(`${things.url}/v2/os-things`, {
      method: 'POST',
      headers: { 'X-Auth-Token': personaTokens['alice'] ?? '' },
      body: JSON.stringify({ thing: { name: 'pen', colour: 'red' }, more: 1 }),
    });
    expect([answer.status, await answer.json()]).toEqual([201, { thing: { name: 'pen' } }]);
  });
});

describe('the policy of a route that writes', () => {
  it('the policy of a route with an item compares the caller with the project of the item', async () => {
    expect((await things.send('DELETE', 'os-things/mona')).status).toBe(204);
    expect(await things.send('DELETE', 'os-things/bob')).toMatchObject(forbidden('remove'));
  });

  it('the policy of a route whose target contains the user compares the caller with the user of the item', async () => {
    expect((await things.send('PUT', 'os-things/alice', PEN)).status).toBe(202);
    expect(await things.send('PUT', 'os-things/mona', PEN)).toMatchObject(forbidden('rename'));
  });

  it('the policy that a handler enforces applies after the other checks', async () => {
    const taken = { thing: { name: 'taken' } };
    expect(await things.send('PUT', 'os-things/alice', taken)).toMatchObject(forbidden('override'));
    expect((await things.send('PUT', 'os-things/adam', taken, { persona: 'adam' })).status).toBe(202);
    expect(changes).toEqual(['renamed to taken']);
  });
});

describe('a route that writes outside of Nova’s API', () => {
  const note = (body: string, type: string): Promise<Response> =>
    fetch(`${things.url}/action-log/v1/notes`, {
      method: 'POST',
      headers: { 'X-Auth-Token': personaTokens['alice'] ?? '', 'Content-Type': type },
      body,
    });

  it('a route that writes outside of Nova’s API checks the body, and responds without microversion headers', async () => {
    const answer = await note('{"text": "hello"}', 'application/json');
    expect([answer.status, await answer.text()]).toEqual([202, '']);
    expect(answer.headers.get('OpenStack-API-Version')).toBeNull();
    expect(changes).toEqual(['noted hello']);
  });

  it.each([
    ['{"text": 5}', 'application/json', 400],
    ['{', 'application/json', 400],
    ['{"text": "hello"}', 'application/xml', 415],
  ])(
    'a route that writes outside of Nova’s API rejects %s of type %s with %i',
    async (body, type, status) => {
      expect((await note(body, type)).status).toBe(status);
      expect(changes).toEqual([]);
    },
  );
});
