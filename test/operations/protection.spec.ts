import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova } from '../support/nova/fake.js';
import { personaTokens } from '../support/service/service.js';
import { startedServices } from '../support/service/started-services.js';
import { until } from '../support/time/until.js';
import {
  sendWireRequest,
  STAYS_OPEN,
  headerValues,
  type WireAnswer,
  WireClient,
} from '../support/http/wire-client.js';

const PATH = '/v2.1/servers/86cf2416-aaa7-4579-a4d7-0bfe42bfa8ff/os-instance-actions';
const TOKEN = `X-Auth-Token: ${personaTokens['admin'] ?? ''}`;

const started = startedServices();

/**
 * Sends headers, then slowly 70,000 bytes of a body. The client begins to read after it has sent the last byte. If the
 * service resets the connection before that, the response is lost.
 */
async function sendThenRead(client: WireClient, head: string): Promise<void> {
  client.socket.pause();
  client.send(head);
  await sleep(500);
  for (let part = 0; part < 7; part += 1) {
    client.send('x'.repeat(10_000));
    await sleep(50);
  }
  client.socket.resume();
}

function statusOf({ line }: WireAnswer): string {
  return line.slice('HTTP/1.1 '.length);
}

describe('a request that is too large', () => {
  it('a request with a URL above MAX_URL_LENGTH gets 414 in the format of Nova, for every path', async () => {
    const { url } = await started({ MAX_URL_LENGTH: '300' });
    const path = `${PATH}?limit=1&marker=`;
    const fits = await sendWireRequest(url, `GET ${path.padEnd(300, 'x')} HTTP/1.1`, [TOKEN]);
    expect(statusOf(fits)).toBe('200 OK');
    for (const target of [path, '/docs?', '/?']) {
      const answer = await sendWireRequest(url, `GET ${target.padEnd(301, 'x')} HTTP/1.1`, [TOKEN]);
      expect(statusOf(answer)).toBe('414 URI Too Long');
      expect(answer.body).toBe(
        '{"computeFault":{"code":414,"message":"The address of the request is too long."}}',
      );
      expect(headerValues(answer, 'x-openstack-request-id')[0]).toMatch(/^req-/);
    }
  });

  it('a request with headers above MAX_HEADER_SIZE gets 431', async () => {
    const { url } = await started({ MAX_HEADER_SIZE: '40000' });
    const headers = (length: number): string[] => [TOKEN, `X-Long: ${'x'.repeat(length)}`];
    expect(statusOf(await sendWireRequest(url, `GET ${PATH} HTTP/1.1`, headers(38_000)))).toBe('200 OK');
    const refused = await sendWireRequest(url, `GET ${PATH} HTTP/1.1`, headers(40_000));
    expect(statusOf(refused)).toBe('431 Request Header Fields Too Large');
    expect(refused.body).toContain('"code":431');
  });

  it('a request with a body above MAX_BODY_SIZE gets the same 413 as from oslo.middleware', async () => {
    const { url } = await started();
    const asked = async (length: number): Promise<WireAnswer> =>
      sendWireRequest(url, `GET ${PATH} HTTP/1.1`, [TOKEN, `Content-Length: ${length}`], 'x'.repeat(length));
    expect(statusOf(await asked(114_688))).toBe('200 OK');
    const refused = await asked(114_689);
    expect(statusOf(refused)).toBe('413 Payload Too Large');
    expect(refused.body).toBe(
      '413 Request Entity Too Large\n\nRequest is too large. Larger than max_request_body_size (%s).\n\n   ',
    );
  });

  it('a facade forwards a body above MAX_BODY_SIZE to nova-api', async () => {
    const nova = new FakeNova();
    try {
      const { url } = await started({ UPSTREAM_NOVA_URL: await nova.start(), MAX_BODY_SIZE: '10' });
      const body = 'x'.repeat(200_000);
      const answer = await sendWireRequest(
        url,
        'POST /v2.1/servers HTTP/1.1',
        [`Content-Length: ${body.length}`],
        body,
      );
      expect([statusOf(answer), answer.body]).toEqual(['200 OK', 'nova']);
      expect(nova.requests[0]?.body).toBe(body);
      const own = await sendWireRequest(
        url,
        `GET ${PATH} HTTP/1.1`,
        [TOKEN, 'Content-Length: 11'],
        'x'.repeat(11),
      );
      expect(statusOf(own)).toBe('413 Payload Too Large');
    } finally {
      await nova.stop();
    }
  });

  it.each([
    ['', '200 OK'],
    [`?${'x'.repeat(256)}`, '414 URI Too Long'],
  ])(
    'a request with "Connection: close" gets a response before the request body has arrived, even if the client reads late',
    async (query, status) => {
      const { url } = await started({ MAX_URL_LENGTH: '256' });
      const head = `GET ${PATH}${query} HTTP/1.1\r\nHost: x\r\n${TOKEN}\r\nConnection: close\r\nContent-Length: 70000\r\n\r\n`;
      const client = await WireClient.connect(url);
      await sendThenRead(client, head);
      const { line, error } = await client.answer();
      expect([line, error]).toEqual([`HTTP/1.1 ${status}`, undefined]);
    },
  );

  it('a request can get a response before the request body has arrived, however long the response takes', async () => {
    const keystone = new FakeKeystone();
    await keystone.start();
    keystone.misbehave = () => undefined;
    try {
      const { url } = await started({
        TOKENS_FILE: '',
        OS_AUTH_URL: keystone.url,
        OS_USERNAME: 'nova',
        OS_PASSWORD: keystone.password,
        OS_PROJECT_NAME: 'service',
        KEYSTONE_TIMEOUT: '6000',
      });
      const answer = await sendWireRequest(
        url,
        `GET ${PATH} HTTP/1.1`,
        [TOKEN, 'Content-Length: 9'],
        'a part',
      );
      expect(statusOf(answer)).toBe('503 Service Unavailable');
    } finally {
      await keystone.stop();
    }
  });

  it('a pipelined request gets a response before the request body has arrived, even if the client reads late', async () => {
    const { url } = await started();
    const client = await WireClient.connect(url);
    const head = `GET ${PATH} HTTP/1.1\r\nHost: x\r\n${TOKEN}\r\n`;
    const first = `${head}Content-Length: 1\r\n\r\nx`;
    await sendThenRead(client, `${first}${head}Connection: close\r\nContent-Length: 70000\r\n\r\n`);
    const { error } = await client.answer();
    expect([client.text.match(/HTTP\/1\.1 200 OK/g)?.length, error]).toEqual([2, undefined]);
  });

  it('the service closes the connection of a request with an endless body after the response', async () => {
    const { url } = await started();
    const client = await WireClient.connect(url);
    client.send(`GET ${PATH} HTTP/1.1\r\nHost: x\r\n${TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    const sending = setInterval(() => {
      client.send('1\r\nx\r\n');
    }, 100);
    await client.receive('HTTP/1.1 200');
    const { line } = await client.answer();
    clearInterval(sending);
    expect(line).toBe('HTTP/1.1 200 OK');
  });
});

describe('a client that is too slow', () => {
  it.each([
    ['sends nothing', ''],
    ['stops within the headers', `GET ${PATH} HTTP/1.1\r\nHost: x\r\n`],
  ])(
    'a client that %s gets 408 after HEADERS_TIMEOUT, and the service closes the connection',
    async (_what, sent) => {
      const { url } = await started({ HEADERS_TIMEOUT: '1' });
      const client = await WireClient.connect(url);
      client.send(sent);
      const answer = await client.answer();
      expect(statusOf(answer)).toBe('408 Request Timeout');
      expect(answer.body).toContain('"code":408');
    },
  );

  it('an idle connection is closed after KEEP_ALIVE_TIMEOUT', async () => {
    const { url } = await started({ KEEP_ALIVE_TIMEOUT: '1' });
    const client = await WireClient.connect(url);
    client.send('GET /healthcheck HTTP/1.1\r\nHost: x\r\n\r\n');
    const answer = await client.answer();
    expect([statusOf(answer), answer.body, answer.error]).toEqual(['200 OK', 'OK', undefined]);
    expect(headerValues(answer, 'keep-alive')).toEqual(['timeout=1']);
  });

  it('300 slow clients do not delay the responses to other clients', async () => {
    const { url } = await started();
    const slow = await Promise.all(Array.from({ length: 300 }, () => WireClient.connect(url)));
    for (const client of slow) client.send('GET / HTTP/1.1\r\nHost:');
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    for (const client of slow) client.close();
  });
});

it('connections above MAX_CONNECTIONS are closed immediately', async () => {
  const { url } = await started({ MAX_CONNECTIONS: '3', HEADERS_TIMEOUT: '300' });
  const kept = [await WireClient.connect(url), await WireClient.connect(url), await WireClient.connect(url)];
  const one = await WireClient.connect(url);
  const { line, error } = await one.answer();
  expect([line, error]).not.toContain(STAYS_OPEN);
  expect(line).toBe('');
  kept[0]?.close();
  await until(async () => {
    const again = await WireClient.connect(url);
    again.send('GET /healthcheck HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    return (await again.answer()).body === 'OK';
  }, 'a new connection is accepted');
  for (const client of kept) client.close();
});

describe('a service with a late event loop', () => {
  it('while the event loop is late, the service rejects API requests with 503 in the format of Nova, and serves health checks', async () => {
    const { url } = await started({ MAX_EVENT_LOOP_DELAY: '60' });
    const busy = setInterval(() => {
      const until = performance.now() + 150;
      while (performance.now() < until);
    }, 1);
    try {
      let refused: WireAnswer | undefined;
      await until(async () => {
        refused = await sendWireRequest(url, `GET ${PATH} HTTP/1.1`, [TOKEN]);
        return statusOf(refused) !== '200 OK';
      }, 'a request is rejected');
      if (refused === undefined) throw new Error('there is no response');
      expect(statusOf(refused)).toBe('503 Service Unavailable');
      expect(refused.body).toContain('{"serviceUnavailable":{"code":503,');
      expect(headerValues(refused, 'retry-after')).toEqual(['5']);
      for (const path of ['/', '/v2.1', '/docs', '/docs/swagger-ui.css', '/openapi.json', '/unknown']) {
        for (const accept of ['*/*', 'text/html']) {
          const answer = await sendWireRequest(url, `GET ${path} HTTP/1.1`, [`Accept: ${accept}`]);
          expect([path, statusOf(answer)]).toEqual([path, '503 Service Unavailable']);
        }
      }
      for (const path of ['/healthcheck', '/health/live', '/health/ready', '/metrics']) {
        expect([path, statusOf(await sendWireRequest(url, `GET ${path} HTTP/1.1`))]).toEqual([
          path,
          '200 OK',
        ]);
      }
    } finally {
      clearInterval(busy);
    }
    await until(async () => {
      await sleep(100);
      return (
        (await fetch(url + PATH, { headers: { 'X-Auth-Token': personaTokens['admin'] ?? '' } })).status ===
        200
      );
    }, 'the service responds again');
  });
});

describe('many headers', () => {
  it('2,000 headers below MAX_HEADER_SIZE are all read', async () => {
    const { url } = await started({});
    const client = await WireClient.connect(url);
    const many = 'a:b\r\n'.repeat(2_000);
    client.send(`GET ${PATH} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${many}${TOKEN}\r\n\r\n`);
    await client.answer();
    expect(client.text).toMatch(/^HTTP\/1\.1 200 /);
  });
});

/** These tests send bytes that a proxy and this service could split into requests differently. */
describe('request smuggling', () => {
  const inner = `GET ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`;
  const post = 'POST /v2.1/servers HTTP/1.1\r\nHost: x\r\n';

  it.each([
    [
      'a length and chunks',
      `${post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    [
      'chunks and a length',
      `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['two lengths', `${post}Content-Length: 0\r\nContent-Length: ${inner.length}\r\n\r\n${inner}`],
    ['a length of two numbers', `${post}Content-Length: 0, ${inner.length}\r\n\r\n${inner}`],
    ['a length with a sign', `${post}Content-Length: +${inner.length}\r\n\r\n${inner}`],
    ['a coding after chunks', `${post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${inner}`],
    ['a space before the colon', `${post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${inner}`],
    ['a folded header', `${post}X: a\r\n Transfer-Encoding: chunked\r\n\r\n${inner}`],
    ['a folded coding', `${post}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${inner}`],
    ['bare line feeds', `GET ${PATH} HTTP/1.1\nHost: x\n\n${inner}`],
    [
      'a bare line feed within the headers',
      `${post}X: a\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`,
    ],
    ['a bare carriage return', `${post}X: a\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`],
    ['an invalid size of a chunk', `${post}Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${inner}`],
    [
      'a chunk that is longer than its size',
      `${post}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n${inner}`,
    ],
    ['a NUL', `${post}X: a\0b\r\n\r\n${inner}`],
    ['two hosts', `GET ${PATH} HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n${inner}`],
    ['no host', `GET ${PATH} HTTP/1.1\r\n\r\n${inner}`],
  ])(
    'the service rejects an attempt at request smuggling and all later requests of the connection: %s',
    async (_what, bytes) => {
      const nova = new FakeNova();
      try {
        const { url } = await started({ UPSTREAM_NOVA_URL: await nova.start() });
        const client = await WireClient.connect(url);
        client.send(bytes);
        await client.answer();
        // The client gets at most one response, with the status 400. The request that is hidden inside the other one
        // gets no response, and does not reach nova-api.
        const lines = client.text.match(/HTTP\/1\.1 \d+/g) ?? [];
        expect(lines.filter((line) => line !== 'HTTP/1.1 400')).toEqual([]);
        expect(lines.length).toBeLessThanOrEqual(1);
        expect(nova.requests).toEqual([]);
      } finally {
        await nova.stop();
      }
    },
  );
});

describe('web pages of other origins', () => {
  const ORIGIN = 'https://dashboard.example.org';
  const CORS = /^(access-control-|vary$)/;
  const asked = async (
    url: string,
    method: string,
    headers: Readonly<Record<string, string>>,
    path = PATH,
  ) => {
    const answer = await fetch(url + path, { method, headers });
    return {
      status: answer.status,
      headers: Object.fromEntries([...answer.headers].filter(([name]) => CORS.test(name))),
    };
  };
  const preflight = {
    Origin: ORIGIN,
    'Access-Control-Request-Method': 'GET',
    'Access-Control-Request-Headers': 'x-auth-token, openstack-api-version',
  };
  const token = { 'X-Auth-Token': personaTokens['admin'] ?? '' };

  it('without CORS_ORIGINS, web pages of other origins get no CORS headers', async () => {
    const { url } = await started();
    expect(await asked(url, 'OPTIONS', preflight)).toEqual({ status: 200, headers: {} });
    expect(await asked(url, 'GET', { ...token, Origin: ORIGIN })).toEqual({
      status: 200,
      headers: { vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version' },
    });
  });

  it('web pages of an origin in CORS_ORIGINS may send preflight requests without a token and read the API headers', async () => {
    const { url } = await started({ CORS_ORIGINS: `https://other.example.org,${ORIGIN}` });
    expect(await asked(url, 'OPTIONS', preflight)).toEqual({
      status: 200,
      headers: {
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'x-auth-token,openstack-api-version',
        'access-control-allow-methods': 'GET',
        'access-control-allow-origin': ORIGIN,
        'access-control-max-age': '3600',
        vary: 'Origin',
      },
    });
    const { status, headers } = await asked(url, 'GET', { ...token, Origin: ORIGIN });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      vary: 'Origin, OpenStack-API-Version, X-OpenStack-Nova-API-Version',
    });
    expect(headers['access-control-expose-headers']).toContain('X-Openstack-Request-Id');
    // This header is also in error responses. Without it, a web page could not read the error.
    expect((await asked(url, 'GET', { Origin: ORIGIN })).headers['access-control-allow-origin']).toBe(ORIGIN);
  });

  it.each([
    ['of an origin that is not listed', { ...preflight, Origin: 'https://evil.example.org' }],
    ['with a header that is not allowed', { ...preflight, 'Access-Control-Request-Headers': 'x-evil' }],
    ['with another method', { ...preflight, 'Access-Control-Request-Method': 'TRACE' }],
  ])('the service gives no permission to a preflight request %s', async (_what, headers) => {
    const { url } = await started({ CORS_ORIGINS: ORIGIN });
    const { status, headers: allowed } = await asked(url, 'OPTIONS', headers);
    expect(status).toBe(200);
    expect(allowed).not.toHaveProperty('access-control-allow-methods');
  });

  it.each([
    ['POST', 'idempotency-key', '/action-log/v1/actions', true],
    ['GET', 'if-none-match', '/action-log/v1/actions/1', true],
    ['GET', 'if-none-match', PATH, false],
  ])(
    'a preflight request for %s with the header %s to %s gets a permission: %s',
    async (method, header, path, isAllowed) => {
      const { url } = await started({ CORS_ORIGINS: ORIGIN });
      const headers = {
        Origin: ORIGIN,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': header,
      };
      const answer = await asked(url, 'OPTIONS', headers, path);
      expect(answer.headers['access-control-allow-headers']).toBe(isAllowed ? header : undefined);
    },
  );

  it('with CORS_ORIGINS=*, web pages get no permission to send credentials', async () => {
    const { url } = await started({ CORS_ORIGINS: '*' });
    const { headers } = await asked(url, 'GET', { ...token, Origin: 'https://anywhere.example.org' });
    expect(headers['access-control-allow-origin']).toBe('https://anywhere.example.org');
    expect(headers).not.toHaveProperty('access-control-allow-credentials');
  });

  it('a facade forwards preflight requests to nova-api', async () => {
    const nova = new FakeNova();
    try {
      const { url } = await started({ UPSTREAM_NOVA_URL: await nova.start(), CORS_ORIGINS: ORIGIN });
      expect(await asked(url, 'OPTIONS', preflight)).toEqual({ status: 200, headers: {} });
      expect(nova.requests.map(({ line }) => line)).toEqual([`OPTIONS ${PATH} HTTP/1.1`]);
      const ofLog = await asked(url, 'OPTIONS', preflight, '/action-log/v1/actions');
      expect(ofLog.headers['access-control-allow-methods']).toBe('GET');
      expect(nova.requests).toHaveLength(1);
      const own = await asked(url, 'GET', { ...token, Origin: ORIGIN });
      expect(own.headers['access-control-allow-origin']).toBe(ORIGIN);
    } finally {
      await nova.stop();
    }
  });
});

describe('security headers', () => {
  it('security headers are sent with pages and not with API responses', async () => {
    const { url } = await started();
    for (const path of ['/docs', '/docs/swagger-ui.css']) {
      const answer = await fetch(url + path);
      await answer.text();
      const { headers } = answer;
      expect(headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
    }
    for (const path of ['/', PATH, '/healthcheck']) {
      const answer = await fetch(url + path);
      await answer.text();
      const { headers } = answer;
      expect(
        [...headers.keys()].filter((name) => /security|x-frame|x-content|cross-origin/.test(name)),
      ).toEqual([]);
    }
  });
});
