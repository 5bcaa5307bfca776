import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { METHODS } from 'node:http';
import { FakeNova, responseBytes } from '../support/nova/fake.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest, headerValues } from '../support/http/wire-client.js';
import { closeAfterAll } from '../support/close-after-all.js';

const SERVER = '86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff';
const OWN = `/v2.1/servers/${SERVER}/os-instance-actions`;

const keep = closeAfterAll();

const nova = keep(new FakeNova());
let store: TestStore;
let service: RunningService;
let prefixed: RunningService;

beforeAll(async () => {
  const url = await nova.start();
  store = keep(await createSqlite());
  service = keep(await startService({ DATABASE_URL: store.url, UPSTREAM_NOVA_URL: url }));
  prefixed = keep(await startService({ DATABASE_URL: store.url, UPSTREAM_NOVA_URL: `${url}/compute/api/` }));
});

beforeEach(() => {
  nova.reset();
});

describe('a request without a route of the service', () => {
  it.each([
    '/',
    '/v2.1',
    '/v2.1/',
    '/v2/',
    '/v2.1/servers/detail?limit=1',
    '/v2.1/servers/',
    '/v2.1//servers///x',
    '//v2.1/servers',
    '/v2.1/a/../b/./c',
    '/v2.1/%2e%2e/%2E/x',
    '/v2.1/a%2Fb%2fc',
    '/v2.1/a\\b|c"d<e>f{g}^`',
    '/v2.1/%',
    '/v2.1/%zz%c3%A9%00%ff',
    "/v2.1/a;b=c,d:e@f!$&'()*+",
    '/v2.1/a?',
    '/v2.1/a??b',
    '/v2.1/a?b=%zz&&=c&b=%2F%20+\'"<>|\\^`{}',
    '/v2.1/a#b?c#d',
    '/v3/unknown/path',
    '/favicon.ico',
    `${OWN}/`,
    `/v2.1/servers//os-instance-actions`,
    `/v2.1/servers/${SERVER}/os-instance-actions-more`,
    `/V2.1/servers/${SERVER}/os-instance-actions`,
  ])('the facade forwards the path of a request byte for byte: %s', async (target) => {
    const answer = await sendWireRequest(service.url, `GET ${target} HTTP/1.1`);
    expect([answer.line, answer.body]).toEqual(['HTTP/1.1 200 OK', 'nova']);
    expect(nova.request.line).toBe(`GET ${target} HTTP/1.1`);
  });

  it.each([
    ['http://other.example.org:99/v2.1/a%2Fb/../?c', '/v2.1/a%2Fb/../?c'],
    ['http://other.example.org', '/'],
    ['http://other.example.org?a', '/?a'],
    ['HTTPS://other/x', '/x'],
  ])('the facade forwards the path of a request whose target is a complete URL: %s', async (target, path) => {
    await sendWireRequest(service.url, `GET ${target} HTTP/1.1`);
    expect(nova.request.line).toBe(`GET ${path} HTTP/1.1`);
  });

  it('the facade forwards OPTIONS *', async () => {
    await sendWireRequest(service.url, 'OPTIONS * HTTP/1.1');
    expect(nova.request.line).toBe('OPTIONS * HTTP/1.1');
  });

  it.each([
    ['/', '/compute/api/'],
    ['//v2.1/%2e%2e/x?y', '/compute/api//v2.1/%2e%2e/x?y'],
    ['*', '*'],
  ])(
    'the facade puts the path of UPSTREAM_NOVA_URL before the path of a request: %s',
    async (target, path) => {
      await sendWireRequest(prefixed.url, `OPTIONS ${target} HTTP/1.1`);
      expect(nova.request.line).toBe(`OPTIONS ${path} HTTP/1.1`);
    },
  );

  it('the facade forwards requests with any method, even for the paths where the service has its own GET routes', async () => {
    for (const method of METHODS.filter((name) => name !== 'CONNECT')) {
      for (const path of ['/v2.1/servers', ...(method === 'GET' ? [] : [OWN, `${OWN}/req-1`, '/docs'])]) {
        nova.reset();
        const answer = await sendWireRequest(
          service.url,
          `${method} ${path} HTTP/1.1`,
          ['Content-Length: 3'],
          '{"x',
        );
        expect([method, path, answer.line]).toEqual([method, path, 'HTTP/1.1 200 OK']);
        expect([nova.request.line, nova.request.body]).toEqual([`${method} ${path} HTTP/1.1`, '{"x']);
      }
    }
  });

  it('the facade forwards headers unchanged and in order, with repetitions and non-ASCII bytes', async () => {
    const headers = [
      'X-AUTH-token: some',
      'OpenStack-API-Version: compute 2.103',
      'X-Openstack-Request-Id: req-of-the-client',
      'Accept-Encoding: gzip, br',
      'X-Twice: 1',
      'x-other: \xe9\xff',
      'X-Twice: 2',
      'Cookie: a=1',
      'Cookie: b=2',
      'Empty: ',
      'If-None-Match: "x"',
      'Authorization: Basic eA==',
    ];
    await sendWireRequest(service.url, 'GET /v2.1/servers HTTP/1.1', headers);
    const sent = nova.request.headers.map(([name, value]) => `${name}: ${value}`);
    expect(sent.slice(0, headers.length + 1)).toEqual(['Host: nova.example.org', ...headers]);
    expect(sent.slice(headers.length + 1).map((header) => header.replace(/:.*/, ''))).toEqual([
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'X-Forwarded-Host',
      'Via',
      'Connection',
    ]);
  });

  it('the facade does not forward request headers that apply only to the connection with the client', async () => {
    await sendWireRequest(service.url, 'GET /v2.1/servers HTTP/1.1', [
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==',
      'TE: trailers',
      'Trailer: X-Sum',
      'Upgrade: websocket',
      'Connection: Upgrade, X-Mine, host , Content-Length, x-forwarded-for',
      'X-Mine: 1',
      'X-Else: 2',
    ]);
    const names = nova.request.headers.map(([name]) => name.toLowerCase());
    expect(names).toEqual([
      'host',
      'x-else',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'via',
      'connection',
    ]);
    expect(headerValues(nova.request, 'connection')).toEqual(['keep-alive']);
  });

  it('the facade forwards requests without authenticating the caller', async () => {
    nova.respond = (socket) => {
      socket.write(responseBytes('401 Unauthorized', ["WWW-Authenticate: Keystone uri='http://k'"], 'who?'));
    };
    const answer = await sendWireRequest(service.url, 'GET /v2.1/servers HTTP/1.1', [
      'X-Auth-Token: unknown',
    ]);
    expect([answer.line, answer.body]).toEqual(['HTTP/1.1 401 Unauthorized', 'who?']);
    expect(headerValues(nova.request, 'x-auth-token')).toEqual(['unknown']);
  });
});

describe('a request with a route of the service', () => {
  it("the facade responds to requests for the service's own routes, and nova-api receives no such request", async () => {
    const paths = [OWN, `/v2/4f5e8c1d/servers/${SERVER}/os-instance-actions/req-1`, '/docs', '/openapi.json'];
    const statuses = await Promise.all(
      paths.map(async (path) => (await fetch(`${service.url}${path}`)).status),
    );
    expect(statuses).toEqual([401, 401, 200, 200]);
    const answer = await fetch(`${service.url}/v2.1/servers/${SERVER}/os-instance-actions`, {
      headers: { 'X-Auth-Token': 'token-of-admin' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-openstack-request-id')).toMatch(/^req-/);
    expect(nova.requests).toEqual([]);
  });
});
