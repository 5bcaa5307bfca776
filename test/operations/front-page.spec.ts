import { describe, expect, it } from '@jest/globals';
import { FakeKeystone } from '../support/keystone/fake.js';
import { FakeNova } from '../support/nova/fake.js';
import { readProjectFile } from '../support/deploy/manifests.js';
import { startedServices } from '../support/service/started-services.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8';

const started = startedServices();

function ask(url: string, accept: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/`, { ...init, headers: { Accept: accept, ...init.headers } });
}

async function pageOf(settings: Readonly<Record<string, string>>): Promise<string> {
  return (await ask((await started(settings)).url, BROWSER)).text();
}

describe('the front page', () => {
  it('the front page is the answer to a browser at /, with the version and links to the documentation', async () => {
    const { url } = await started();
    const answer = await ask(url, BROWSER);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(answer.headers.get('vary')).toBe('Accept');
    const html = await answer.text();
    const { version } = JSON.parse(readProjectFile('package.json')) as { version: string };
    expect(html).toContain(`<h1>nova-action-log <small>${version}</small></h1>`);
    const links = [...html.matchAll(/<a href="([^"]+)"/g)].map(
      ([, link = '']) => new URL(link, `${url}/`).href,
    );
    expect(links).toEqual([`${url}/docs/`, `${url}/openapi.json`, `${url}/v2.1/`]);
    for (const link of links) expect([link, (await fetch(link)).status]).toEqual([link, 200]);
  });

  it.each(['*/*', 'application/json', 'application/json, text/html', 'text/*', 'text/html;q=0.1, */*'])(
    "the front page does not change Nova's list of versions for a program that accepts %s",
    async (accept) => {
      const { url } = await started();
      const answer = await ask(url, accept);
      expect(answer.status).toBe(200);
      const names = [...answer.headers.keys()].filter((name) => !/^(date|connection|keep-alive)$/.test(name));
      expect(names.sort()).toEqual([
        'content-length',
        'content-type',
        'x-compute-request-id',
        'x-openstack-request-id',
      ]);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(await answer.text()).toMatch(/^\{"versions":\[\{"id":"v2\.0",/);
    },
  );

  it('the front page is the answer only to GET and HEAD, and only at /', async () => {
    const { url } = await started();
    const head = await ask(url, BROWSER, { method: 'HEAD' });
    expect([head.headers.get('content-type'), await head.text()]).toEqual(['text/html; charset=utf-8', '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(1_000);
    const posted = await ask(url, BROWSER, { method: 'POST' });
    expect(posted.headers.get('content-type')).toBe('application/json');
    for (const path of ['/v2.1/', '/unknown']) {
      const { headers } = await fetch(url + path, { headers: { Accept: BROWSER } });
      expect([path, headers.get('content-type')]).toEqual([path, 'application/json']);
    }
  });

  it('the front page has the security headers of the documentation, and no script', async () => {
    const { url } = await started();
    const answer = await ask(url, BROWSER);
    const documentation = await fetch(`${url}/docs`);
    for (const name of ['content-security-policy', 'x-content-type-options', 'x-frame-options']) {
      expect([name, answer.headers.get(name)]).toEqual([name, documentation.headers.get(name)]);
    }
    expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await answer.text()).not.toMatch(/<script|javascript:| on\w+=/);
  });

  it('the front page returns 304 while it has not changed', async () => {
    const { url } = await started();
    const tag = (await ask(url, BROWSER)).headers.get('etag') ?? '';
    const again = await ask(url, BROWSER, { headers: { 'If-None-Match': tag } });
    expect([again.status, again.headers.get('vary'), await again.text()]).toEqual([304, 'Accept', '']);
  });

  it('the front page names the origin beside Accept in Vary for a request of another origin', async () => {
    const { url } = await started({ CORS_ORIGINS: 'https://dashboard.example.org' });
    const answer = await ask(url, BROWSER, { headers: { Origin: 'https://dashboard.example.org' } });
    expect(answer.headers.get('vary')).toBe('Origin, Accept');
  });

  it('the front page has no links to the documentation with DOCUMENTATION=false', async () => {
    const html = await pageOf({ DOCUMENTATION: 'false' });
    expect(html).toContain('<h1>nova-action-log');
    expect(html).not.toMatch(/docs|openapi/);
  });

  it('the front page counts for the rate limit of its address', async () => {
    const { url } = await started({ RATE_LIMIT: '1' });
    expect([(await ask(url, BROWSER)).status, (await ask(url, BROWSER)).status]).toEqual([200, 429]);
  });

  it("the front page is not shown by a facade: / is nova-api's", async () => {
    const nova = new FakeNova();
    try {
      const { url } = await started({ UPSTREAM_NOVA_URL: await nova.start() });
      expect(await (await ask(url, BROWSER)).text()).toBe('nova');
    } finally {
      await nova.stop();
    }
  });
});

describe('the hint about tokens, on the front page and in the documentation', () => {
  async function hintsOf(settings: Readonly<Record<string, string>>): Promise<readonly [string, string]> {
    const { url } = await started(settings);
    const html = await (await ask(url, BROWSER)).text();
    return [html, await (await fetch(`${url}/openapi.json`)).text()];
  }

  it.each(['', 'config/demo-tokens.json'])(
    'the hint about tokens names the demo tokens if the service accepts them, with TOKENS_FILE=%s',
    async (TOKENS_FILE) => {
      for (const text of await hintsOf({ TOKENS_FILE })) expect(text).toContain('demo-tenant');
    },
  );

  it('the hint about tokens does not name the demo tokens if the service has a tokens file', async () => {
    for (const text of await hintsOf({})) {
      expect(text).not.toContain('demo-');
      expect(text).toContain('The operator of this service issues the tokens.');
    }
  });

  it('the hint about tokens names Keystone if Keystone issues the tokens', async () => {
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
