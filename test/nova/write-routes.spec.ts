import { describe, expect, it } from '@jest/globals';
import { personas } from '../conformance/cases.js';
import { headerValues, sendWireRequest, WireClient } from '../support/http/wire-client.js';
import { personaTokens } from '../support/service/service.js';
import { changes } from '../support/service/things-module.js';
import { ACTION, badRequest, MALFORMED, PEN, thingsService } from '../support/service/things-service.js';

const VERSION_HEADERS = 'OpenStack-API-Version, X-OpenStack-Nova-API-Version';

const things = thingsService();

describe('a route that writes', () => {
  it('a route that writes gives its handler the checked body, and returns its status and its view', async () => {
    const { status, body, headers } = await things.send('POST', 'os-things', {
      thing: { name: 'pen', colour: 'red' },
    });
    expect([status, body]).toEqual([201, { thing: { name: 'pen', colour: 'red' } }]);
    expect(changes).toEqual([`${personas['alice']?.user_id ?? ''} created pen`]);
    expect(headers.get('Content-Type')).toBe('application/json');
    expect(headers.get('OpenStack-API-Version')).toBe('compute 2.10');
  });

  it('a route that writes checks the body by the microversion', async () => {
    const body = { thing: { name: 'pen', colour: 'red' } };
    expect(await things.send('POST', 'os-things', body, { version: '2.9' })).toMatchObject(
      badRequest(
        "Invalid input for field/attribute thing. Value: {'name': 'pen', 'colour': 'red'}. Additional properties are not allowed ('colour' was unexpected)",
      ),
    );
    expect(changes).toEqual([]);
  });

  it.each([
    ['PUT', 'os-things/alice', PEN, 202, 'Content-Length: 0'],
    ['DELETE', 'os-things/alice', undefined, 204, undefined],
  ])(
    'a %s without a result returns no body, and the headers that Nova returns',
    async (method, path, body, status, length) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const answer = await sendWireRequest(
        things.url,
        `${method} /v2.1/${path} HTTP/1.1`,
        [
          `X-Auth-Token: ${personaTokens['alice'] ?? ''}`,
          'OpenStack-API-Version: compute 2.10',
          ...(body === undefined ? [] : [`Content-Length: ${text.length}`]),
        ],
        text,
      );
      expect([answer.line.split(' ')[1], answer.body]).toEqual([String(status), '']);
      expect(headerValues(answer, 'content-type')).toEqual(['application/json']);
      expect(headerValues(answer, 'vary')).toEqual([VERSION_HEADERS]);
      expect(headerValues(answer, 'openstack-api-version')).toEqual(['compute 2.10']);
      expect(headerValues(answer, 'content-length')).toEqual(length === undefined ? [] : ['0']);
    },
  );

  it.each([
    '{',
    '',
    '{"thing": 1} x',
    "{'thing': 1}",
    '{"thing": "\u0001"}',
    '\ufeff{}',
    `${'['.repeat(2_000)}1`,
  ])('a route that writes returns 400 for a body that is not JSON: %j', async (body) => {
    const expected = body === '' ? badRequest("None is not of type 'object'") : MALFORMED;
    expect(await things.send('POST', 'os-things', body)).toMatchObject(expected);
  });

  it('a route that writes returns 400 for a body that is not UTF-8', async () => {
    const body = '{"thing": {"name": "\xff"}}';
    const answer = await sendWireRequest(
      things.url,
      'POST /v2.1/os-things HTTP/1.1',
      [`X-Auth-Token: ${personaTokens['alice'] ?? ''}`, `Content-Length: ${body.length}`],
      body,
    );
    expect(JSON.parse(answer.body)).toEqual({ badRequest: { code: 400, message: 'Malformed request body' } });
  });

  it('a route that writes uses the last of equal keys, as Python does', async () => {
    expect(
      await things.send('POST', 'os-things', '{"thing": 5, "thing": {"name": "a", "name": "b"}}'),
    ).toMatchObject({
      status: 201,
      body: { thing: { name: 'b' } },
    });
  });

  it('a route that writes ignores a body without a Content-Length, as Nova does', async () => {
    const json = JSON.stringify(PEN);
    const answer = await sendWireRequest(
      things.url,
      'POST /v2.1/os-things HTTP/1.1',
      [`X-Auth-Token: ${personaTokens['alice'] ?? ''}`, 'Transfer-Encoding: chunked'],
      `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`,
    );
    expect(answer.line).toBe('HTTP/1.1 400 Bad Request');
    expect(answer.body).toContain("None is not of type 'object'");
  });

  it('a route that writes returns 413 for a body above MAX_BODY_SIZE, before it checks the token', async () => {
    const { status, body } = await things.send('POST', 'os-things', ' '.repeat(114_689), {
      persona: 'nobody',
    });
    expect([status, body]).toEqual([
      413,
      '413 Request Entity Too Large\n\nRequest is too large. Larger than max_request_body_size (%s).\n\n   ',
    ]);
    const largest = JSON.stringify(PEN).padEnd(114_688);
    expect((await things.send('POST', 'os-things', largest)).status).toBe(201);
  });

  it('a route that writes changes nothing if the client closes the connection before the end of the body', async () => {
    const client = await WireClient.connect(things.url);
    client.send(
      `POST /v2.1/os-things HTTP/1.1\r\nHost: a\r\nX-Auth-Token: ${personaTokens['alice'] ?? ''}\r\nContent-Length: 9\r\n\r\n{"th`,
    );
    client.close();
    expect((await things.send('POST', 'os-things', PEN)).status).toBe(201);
    expect(changes.length).toBe(1);
  });

  it('a connection serves the next request after a request with a body', async () => {
    const json = JSON.stringify(PEN);
    const head = `Host: a\r\nX-Auth-Token: ${personaTokens['alice'] ?? ''}\r\nContent-Length: ${json.length}\r\n`;
    const post = `POST /v2.1/os-things HTTP/1.1\r\n${head}`;
    const client = await WireClient.connect(things.url);
    client.send(`${post}\r\n${json}${post}\r\n${json}${post}Connection: close\r\n\r\n${json}`);
    await client.answer();
    expect(client.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 201', 'HTTP/1.1 201', 'HTTP/1.1 201']);
    expect(changes.length).toBe(3);
  });

  it('a route without a declared body ignores the body', async () => {
    for (const body of ['{', 'not JSON', '[]'])
      expect((await things.send('DELETE', 'os-things/alice', body)).status).toBe(204);
  });

  it('a route with an unchecked query ignores all parameters, even those that are not UTF-8', async () => {
    expect((await things.send('POST', 'os-things?x=1&x=2&%ff=1', PEN)).status).toBe(201);
  });

  it('a path returns 404 for a method that none of its routes has, as for an unknown path', async () => {
    for (const [method, path] of [
      ['PATCH', 'os-things/alice'],
      ['POST', 'os-things/alice'],
      ['POST', 'os-things/'],
      ['DELETE', 'os-things/'],
      ['PUT', ACTION],
    ] as const) {
      const { status, body } = await things.send(method, path, '{}');
      expect([method, path, status, body]).toEqual([
        method,
        path,
        404,
        '404 Not Found\n\nThe resource could not be found.\n\n   ',
      ]);
    }
  });
});
