import { describe, expect, it } from '@jest/globals';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova } from '../support/nova/fake.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { startedServices } from '../support/service/started-services.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

const started = startedServices();

function sendRequest(url: string, accept: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/`, { ...init, headers: { Accept: accept, ...init.headers } });
}

async function pageOf(settings: Readonly<Record<string, string>>): Promise<string> {
  return (await sendRequest((await started(settings)).url, BROWSER)).text();
}

describe('the front page', () => {
  it('the front page is sent to a browser at /, with the version and links to the documentation', async () => {
    const { url } = await started();
    const response = await sendRequest(url, BROWSER);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'text/html; charset=utf-8',
    ]);
    expect(response.headers.get('vary')).toBe('Accept');
    const html = await response.text();
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    expect(html).toContain(`<h1>nova-action-log <small>${version}</small></h1>`);
    const links = [...html.matchAll(/<a href="([^"]+)"/g)].map(
      ([, link = '']) => new URL(link, `${url}/`).href,
    );
    expect(links).toEqual([`${url}/docs/`, `${url}/openapi.json`, `${url}/v2.1/`]);
    for (const link of links) expect([link, (await fetch(link)).status]).toEqual([link, 200]);
  });

  it.each(['*/*', 'application/json', 'application/json, text/html', 'text/*', 'text/html;q=0.1, */*'])(
    "the front page is not sent to a client that accepts %s, which gets Nova's list of versions",
    async (accept) => {
      const { url } = await started();
      const response = await sendRequest(url, accept);
      expect(response.status).toBe(200);
      const names = [...response.headers.keys()].filter(
        (name) => !/^(date|connection|keep-alive)$/.test(name),
      );
      expect(names.sort()).toEqual([
        'content-length',
        'content-type',
        'x-compute-request-id',
        'x-openstack-request-id',
      ]);
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await response.text()).toMatch(/^\{"versions":\[\{"id":"v2\.0",/);
    },
  );

  it('the front page is sent only at /, and only for GET and HEAD', async () => {
    const { url } = await started();
    const head = await sendRequest(url, BROWSER, { method: 'HEAD' });
    expect([head.headers.get('content-type'), await head.text()]).toEqual(['text/html; charset=utf-8', '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1_000);
    const posted = await sendRequest(url, BROWSER, { method: 'POST' });
    expect(posted.headers.get('content-type')).toBe('application/json');
    for (const path of ['/v2.1/', '/unknown']) {
      const { headers } = await fetch(url + path, { headers: { Accept: BROWSER } });
      expect([path, headers.get('content-type')]).toEqual([path, 'application/json']);
    }
  });

  it('the front page has the security headers of the documentation, and no script', async () => {
    const { url } = await started();
    const response = await sendRequest(url, BROWSER);
    const documentation = await fetch(`${url}/docs`);
    for (const name of ['content-security-policy', 'x-content-type-options', 'x-frame-options']) {
      expect([name, response.headers.get(name)]).toEqual([name, documentation.headers.get(name)]);
    }
    expect(response.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await response.text()).not.toMatch(/<script|javascript:| on\w+=/);
  });

  it('the front page gets 304 if it has not changed', async () => {
    const { url } = await started();
    const tag = (await sendRequest(url, BROWSER)).headers.get('etag') ?? '';
    const again = await sendRequest(url, BROWSER, { headers: { 'If-None-Match': tag } });
    expect([again.status, again.headers.get('vary'), await again.text()]).toEqual([304, 'Accept', '']);
  });

  it('if a request comes from another origin, the Vary header of the front page has Origin and Accept', async () => {
    const { url } = await started({ CORS_ORIGINS: 'https://dashboard.example.org' });
    const response = await sendRequest(url, BROWSER, {
      headers: { Origin: 'https://dashboard.example.org' },
    });
    expect(response.headers.get('vary')).toBe('Origin, Accept');
  });

  it('with DOCUMENTATION=false, the front page has no links to the documentation', async () => {
    const html = await pageOf({ DOCUMENTATION: 'false' });
    expect(html).toContain('<h1>nova-action-log');
    expect(html).not.toMatch(/docs|openapi/);
  });

  it('requests for the front page count towards the rate limit of the client address', async () => {
    const { url } = await started({ RATE_LIMIT: '1' });
    expect([(await sendRequest(url, BROWSER)).status, (await sendRequest(url, BROWSER)).status]).toEqual([
      200, 429,
    ]);
  });

  it('the front page is not sent by a facade, which forwards / to nova-api', async () => {
    const nova = new FakeNova();
    try {
      const { url } = await started({ UPSTREAM_NOVA_URL: await nova.start() });
      expect(await (await sendRequest(url, BROWSER)).text()).toBe('nova');
    } finally {
      await nova.stop();
    }
  });
});

describe('the token hint on the front page and in the documentation', () => {
  async function hintsOf(settings: Readonly<Record<string, string>>): Promise<readonly [string, string]> {
    const { url } = await started(settings);
    const html = await (await sendRequest(url, BROWSER)).text();
    return [html, await (await fetch(`${url}/openapi.json`)).text()];
  }

  it.each(['', 'config/demo-tokens.json'])(
    'the token hint lists the demo tokens if the service accepts them, with TOKENS_FILE=%s',
    async (TOKENS_FILE) => {
      for (const text of await hintsOf({ TOKENS_FILE })) expect(text).toContain('demo-tenant');
    },
  );

  it('the token hint does not list the demo tokens if the service has another tokens file', async () => {
    for (const text of await hintsOf({})) {
      expect(text).not.toContain('demo-');
      expect(text).toContain('Ask the operator of this service for a token.');
    }
  });

  it('the token hint contains the address of Keystone if Keystone issues the tokens', async () => {
    const keystone = new FakeKeystone();
    try {
      const texts = await hintsOf({
        TOKENS_FILE: '',
        OS_AUTH_URL: await keystone.start(),
        OS_USERNAME: 'nova',
        OS_PASSWORD: keystone.password,
        OS_PROJECT_NAME: 'service',
        WWW_AUTHENTICATE_URI: 'https://keys.example.org/a&b',
      });
      for (const text of texts) {
        expect(text).not.toContain('demo-');
        expect(text).toMatch(/Keystone at https:\/\/keys\.example\.org\/a(&|&#38;)b issues/);
      }
    } finally {
      await keystone.stop();
    }
  });
});
