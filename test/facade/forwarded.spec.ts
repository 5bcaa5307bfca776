import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeNova } from '../support/nova/fake.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest, headerValues, WireClient } from '../support/http/wire-client.js';

/** All headers in which a client or a proxy can state the origin of a request, in each spelling that Nova accepts. */
const CLAIMS = [
  'Forwarded: for=203.0.113.66;host=evil.example.org;proto=https',
  'X-Forwarded-For: 203.0.113.66',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: evil.example.org',
  'X-Forwarded-Prefix: /evil',
  'X-Forwarded-Port: 666',
  'X_Forwarded_For: 203.0.113.66',
  'X-Forwarded_Host: evil.example.org',
];

const nova = new FakeNova();
let store: TestStore;
const services: RunningService[] = [];
let open: RunningService;
let proxied: RunningService;
let published: RunningService;

beforeAll(async () => {
  const url = await nova.start();
  store = await createSqlite();
  const start = async (settings: Readonly<Record<string, string>>): Promise<RunningService> => {
    const service = await startService({ DATABASE_URL: store.url, UPSTREAM_NOVA_URL: url, ...settings });
    services.push(service);
    return service;
  };
  open = await start({});
  proxied = await start({ TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8' });
  published = await start({
    TRUSTED_PROXIES: '127.0.0.0/8',
    PUBLIC_URL: 'https://cloud.example.org:8443/compute/',
  });
});

afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await nova.stop();
  await store.remove();
});

beforeEach(() => {
  nova.reset();
});

/**
 * Sends a request.
 *
 * @returns the headers that state the origin of the request, as nova-api receives them
 */
async function receivedBy(service: RunningService, headers: readonly string[] = []): Promise<string[]> {
  nova.reset();
  await sendWireRequest(service.url, 'GET /v2.1/servers HTTP/1.1', headers);
  return nova.request.headers
    .map(([name, value]) => `${name}: ${value}`)
    .filter((header) => /forwarded|^host/i.test(header));
}

const HOST = 'Host: nova.example.org';
const PLAIN = [
  HOST,
  'X-Forwarded-For: 127.0.0.1',
  'X-Forwarded-Proto: http',
  'X-Forwarded-Host: nova.example.org',
];

describe('the X-Forwarded headers of a request', () => {
  it("the facade sends nova-api the client's address, scheme and host in X-Forwarded headers, and the Host header unchanged", async () => {
    expect(await receivedBy(open)).toEqual(PLAIN);
    expect(await receivedBy(proxied)).toEqual(PLAIN);
  });

  it('the facade does not forward the X-Forwarded headers of an untrusted client', async () => {
    expect(await receivedBy(open, CLAIMS)).toEqual(PLAIN);
  });

  it('the facade uses X-Forwarded-For, -Proto and -Host of a trusted proxy, and no other header about the client', async () => {
    expect(await receivedBy(proxied, CLAIMS)).toEqual([
      HOST,
      'X-Forwarded-For: 203.0.113.66, 127.0.0.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example.org',
    ]);
  });

  it('the facade forwards the addresses in X-Forwarded-For only up to the first one that is not a trusted proxy', async () => {
    const [, addresses] = await receivedBy(proxied, ['X-Forwarded-For: 198.51.100.1, 203.0.113.7, 10.0.0.5']);
    expect(addresses).toBe('X-Forwarded-For: 203.0.113.7, 10.0.0.5, 127.0.0.1');
  });

  it('the facade sends nova-api the scheme, host and path of PUBLIC_URL, and ignores the ones that a client or proxy sends', async () => {
    const publicAddress = [
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: cloud.example.org:8443',
      'X-Forwarded-Prefix: /compute',
    ];
    expect(await receivedBy(published)).toEqual([HOST, 'X-Forwarded-For: 127.0.0.1', ...publicAddress]);
    expect(await receivedBy(published, CLAIMS)).toEqual([
      HOST,
      'X-Forwarded-For: 203.0.113.66, 127.0.0.1',
      ...publicAddress,
    ]);
  });

  it('the facade adds the host of nova-api to a request that has no Host header', async () => {
    const client = await WireClient.connect(open.url);
    client.send('GET /v2.1/servers HTTP/1.0\r\n\r\n');
    expect((await client.answer()).line).toBe('HTTP/1.1 200 OK');
    expect(headerValues(nova.request, 'host')).toEqual([new URL(nova.url).host]);
    expect(nova.request.headers.map(([name]) => name)).toEqual([
      'Host',
      'X-Forwarded-For',
      'X-Forwarded-Proto',
      'Via',
      'Connection',
    ]);
  });
});
