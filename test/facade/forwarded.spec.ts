import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeNova } from '../support/nova/fake.js';
import { type RunningService, startService } from '../support/service/service.js';
import { createSqlite, type TestStore } from '../support/databases/stores.js';
import { sendWireRequest, headerValues, WireClient } from '../support/http/wire-client.js';

/** All that a client or a proxy may say of where a request comes from, and what Nova would make of it. */
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

/** What Nova hears of where a request comes from. */
async function heard(service: RunningService, headers: readonly string[] = []): Promise<string[]> {
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

describe('where a request comes from', () => {
  it('the facade tells nova-api where a request comes from, and passes on the Host header as it was sent', async () => {
    expect(await heard(open)).toEqual(PLAIN);
    expect(await heard(proxied)).toEqual(PLAIN);
  });

  it('the facade does not believe a client about where a request comes from', async () => {
    expect(await heard(open, CLAIMS)).toEqual(PLAIN);
  });

  it('the facade believes a trusted proxy in three headers, and in no other', async () => {
    expect(await heard(proxied, CLAIMS)).toEqual([
      HOST,
      'X-Forwarded-For: 203.0.113.66, 127.0.0.1',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example.org',
    ]);
  });

  it('the facade believes addresses in X-Forwarded-For as far back as each proxy is trusted', async () => {
    const [, way] = await heard(proxied, ['X-Forwarded-For: 198.51.100.1, 203.0.113.7, 10.0.0.5']);
    expect(way).toBe('X-Forwarded-For: 203.0.113.7, 10.0.0.5, 127.0.0.1');
  });

  it('the facade tells nova-api PUBLIC_URL where it is set, whatever a client or proxy says', async () => {
    const asked = [
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: cloud.example.org:8443',
      'X-Forwarded-Prefix: /compute',
    ];
    expect(await heard(published)).toEqual([HOST, 'X-Forwarded-For: 127.0.0.1', ...asked]);
    expect(await heard(published, CLAIMS)).toEqual([
      HOST,
      'X-Forwarded-For: 203.0.113.66, 127.0.0.1',
      ...asked,
    ]);
  });

  it('the facade tells nova-api where a request comes from that names no host', async () => {
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
