import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeKeystone, type FakeDocument } from '../support/keystone/fake.js';
import { KeystoneClient } from '../../src/identity/keystone/keystone-client.js';
import { KeystoneHttp } from '../../src/identity/keystone/keystone-http.js';

const V3 = { id: 'v3.14', status: 'stable' };
const V2 = { id: 'v2.0', status: 'deprecated' };
const ALL: FakeDocument = { status: 300, body: { versions: { values: [V3] } } };
const ONE: FakeDocument = { status: 200, body: { version: V3 } };

let keystone: FakeKeystone;
let http: KeystoneHttp;

beforeEach(async () => {
  keystone = new FakeKeystone();
  await keystone.start();
  keystone.tokens.set('alice', {});
  http = new KeystoneHttp(10_000);
});

afterEach(async () => {
  await http.close();
  await keystone.stop();
});

function client(path: string): KeystoneClient {
  return new KeystoneClient(http, keystone.credentials(path));
}

/** Returns a catalogue in which Keystone's endpoint has this address. */
function catalogueWith(url: string): object[] {
  return [{ type: 'identity', endpoints: [{ interface: 'internal', url }] }];
}

/**
 * Returns an entry of Keystone's version document: version 3 with a link to a path. The default host of the link is
 * Keystone itself.
 */
function versionWithLink(path: string, host = keystone.url): object {
  return { ...V3, links: [{ rel: 'self', href: `${host}${path}` }] };
}

/** Returns the version documents of a Keystone that serves its API below a path. */
function keystoneAt(path: string): Record<string, FakeDocument> {
  keystone.v3 = `${path}/v3`;
  return { [`${path}/`]: ALL, [`${path}/v3`]: ONE };
}

describe('the discovery of Keystone v3', () => {
  it.each(['', '/', '/v3', '/v3/', '/v2.0', '/v2.0/', '/v2', '/V2.0'])(
    "the service finds Keystone v3 if both OS_AUTH_URL and the catalogue's URL end in %j",
    async (end) => {
      for (const path of ['', '/identity', '/a/v1/b']) {
        keystone.documents = keystoneAt(path);
        keystone.serviceCatalog = catalogueWith(`${keystone.url}${path}${end}`);
        expect(await client(`${path}${end}`).validate('alice', false)).toBeDefined();
        expect(keystone.requests.at(-1)).toBe(`GET ${path}/v3/auth/tokens`);
      }
    },
  );

  it.each<[string, string, () => Record<string, FakeDocument>]>([
    ['a document at an address without a final slash', '/identity', () => ({ '/identity': ALL })],
    ['a document of v3 at an address with a final slash', '/identity/v3', () => ({ '/identity/v3/': ONE })],
    ['a document at the parent path only', '/identity/v3', () => ({ '/identity/': ALL })],
    [
      'a plain list of versions',
      '/identity',
      () => ({ '/identity/': { status: 200, body: { versions: [V2, V3] } } }),
    ],
    [
      'a document at the parent path if OS_AUTH_URL has an HTML page',
      '/identity/v3',
      () => ({ '/identity/v3': { status: 200, body: '<html>' }, '/identity/': ALL }),
    ],
    [
      'a document at the parent path if OS_AUTH_URL has a document of v2.0',
      '/identity/v2.0',
      () => ({ '/identity/v2.0': { status: 200, body: { version: V2 } }, '/identity/': ALL }),
    ],
    [
      'a link to another path of the same host',
      '',
      () => ({ '/': { status: 300, body: { versions: { values: [versionWithLink('/identity/v3/')] } } } }),
    ],
    [
      'the path /v3 if the link names a path that the proxy does not serve',
      '/identity',
      () => ({
        '/identity/': { status: 300, body: { versions: { values: [versionWithLink('/v3/')] } } },
        '/identity/v3': ONE,
      }),
    ],
    [
      'the path /v3 if the link names another host',
      '/identity',
      () => ({
        '/identity/': {
          status: 300,
          body: { versions: { values: [versionWithLink('/elsewhere/v3/', 'http://other:1')] } },
        },
      }),
    ],
    ['an OS_AUTH_URL that ends in /v3, without any document', '/identity/v3', () => ({})],
  ])('the service finds Keystone v3 by %s', async (_what, path, documents) => {
    keystone.v3 = '/identity/v3';
    keystone.documents = documents();
    expect(await client(path).validate('alice', false)).toBeDefined();
    expect(keystone.requests.at(-1)).toBe('GET /identity/v3/auth/tokens');
  });

  it.each(['http://127.0.0.1:1/v3', 'http://$(host)s:5000/v3', '/v3', 'not an address'])(
    'the service validates tokens at the Keystone address where it signed in if the catalogue has the unusable address %j',
    async (url) => {
      keystone.serviceCatalog = catalogueWith(url);
      expect(await client('/v3').validate('alice', false)).toBeDefined();
      expect(keystone.requests.at(-1)).toBe('GET /v3/auth/tokens');
    },
  );

  it.each(['/gone', '/gone/v3', '/gone/v2.0', '/v2.0/0123456789abcdef'])(
    'the service validates tokens at the Keystone address where it signed in if Keystone returns 404 for the path %s in the catalogue',
    async (path) => {
      keystone.serviceCatalog = catalogueWith(`${keystone.url}${path}`);
      expect(await client('').validate('alice', false)).toBeDefined();
      expect(keystone.requests.at(-1)).toBe('GET /v3/auth/tokens');
    },
  );

  it('the service validates no token if Keystone does not offer v3', async () => {
    keystone.documents = { '/': { status: 300, body: { versions: { values: [V2] } } } };
    await expect(client('').validate('alice', false)).rejects.toThrow(/there is no Keystone v3 at/);
    expect(keystone.validations).toEqual([]);
  });

  it('the service sends at most one discovery request to each address', async () => {
    keystone.documents = {};
    await expect(client('/v2.0').validate('alice', false)).rejects.toThrow(
      /returned 404 when the service requested its API versions/,
    );
    await expect(client('').validate('alice', false)).rejects.toThrow(
      /returned 404 when the service requested its API versions/,
    );
    expect(keystone.requests).toEqual(['GET /', 'GET /v2.0', 'GET /']);
  });
});

it.each(['', '/', '/v3', '/v3/', '/v2.0', '/v2.0/'])(
  'the service names OS_AUTH_URL, without the version, to callers that must authenticate: %j',
  (end) => {
    expect(client(`/identity${end}`).publicUrl).toBe(`${keystone.url}/identity/`);
  },
);
