import { beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { NovaModule } from '../../src/nova/nova.module.js';
import { OpenRoutes } from '../../src/nova/route/declarations.js';
import { loadFixture } from '../conformance/cases.js';
import { recordedStore } from '../support/databases/recorded-store.js';
import { type RunningService, startService } from '../support/service/service.js';
import type { TestStore } from '../support/databases/stores.js';
import { closeAfterAll } from '../support/close-after-all.js';

const { labels } = loadFixture();
const [busy = '', busyRequest = ''] = labels['busy'] ?? [];
const [shared = ''] = labels['dup'] ?? [];
const PROJECT = '4f5e8c1d2a7b49c0a1e2d3c4b5a69788';
const SHOW = `/v2.1/servers/${busy}/os-instance-actions/${busyRequest}`;
const LIST = `/v2.1/servers/${busy}/os-instance-actions`;

@OpenRoutes('api', 'it only throws an error, for this test')
@Controller('v2.1/failing')
class FailingController {
  @Get()
  fail(): never {
    throw new TypeError('secret of SELECT * FROM instances at /srv/service.js');
  }
}

@Module({ imports: [NovaModule], controllers: [FailingController] })
class FailingModule {}

/** These tests check properties of responses that do not occur in the recorded answers of Nova. */
describe('a response', () => {
  let store: TestStore;
  let service: RunningService;
  let proxied: RunningService;
  let published: RunningService;

  const keep = closeAfterAll();

  beforeAll(async () => {
    store = keep(await recordedStore());
    service = keep(await startService({ DATABASE_URL: store.url }, [FailingModule]));
    proxied = keep(await startService({ DATABASE_URL: store.url, TRUSTED_PROXIES: '127.0.0.0/8' }));
    published = keep(
      await startService({
        DATABASE_URL: store.url,
        PUBLIC_URL: 'https://cloud.example.org/compute/',
      }),
    );
  });

  const ask = (path: string, init: RequestInit = {}, at = service): Promise<Response> =>
    fetch(`${at.url}${path}`, {
      ...init,
      headers: {
        'X-Auth-Token': 'token-of-alice',
        'OpenStack-API-Version': 'compute 2.103',
        ...init.headers,
      },
    });

  it('an unexpected error returns 500 with the request id, and without the text of the error', async () => {
    const answer = await ask('/v2.1/failing');
    const requestId = answer.headers.get('x-openstack-request-id');
    expect(answer.status).toBe(500);
    expect(requestId).toMatch(/^req-[0-9a-f-]{36}$/);
    expect(await answer.json()).toEqual({
      computeFault: { code: 500, message: `Unexpected API Error. The request id is ${requestId ?? ''}.` },
    });
  });

  it.each([
    ['application/xml', 415],
    ['application/json;charset=UTF-8', 200],
    ['application/vnd.openstack.compute+json', 200],
    ['text/plain', 200],
  ])('a request with Content-Type %s and no body returns %d', async (type, status) => {
    const answer = await ask(SHOW, { headers: { 'Content-Type': type } });
    expect(answer.status).toBe(status);
    if (status === 415) {
      expect(await answer.json()).toEqual({
        badMediaType: { code: 415, message: 'Unsupported Content-Type' },
      });
      expect(answer.headers.get('openstack-api-version')).toBe('compute 2.103');
    }
  });

  it.each([
    ['*/*', 'text/html; charset=UTF-8', '<html>\n <head>\n  <title>404 Not Found</title>'],
    [
      'application/json',
      'application/json',
      '{"message":"The resource could not be found.<br /><br />\\n\\n\\n"',
    ],
    ['text/html;q=0.5, application/json', 'application/json', '{"message"'],
    ['image/png', 'text/plain; charset=UTF-8', '404 Not Found\n\nThe resource could not be found.\n\n   '],
    ['*/*;q=0', 'text/plain; charset=UTF-8', '404 Not Found\n\n'],
  ])('an unknown path returns 404 in the format that Accept %s prefers', async (accept, type, beginning) => {
    const answer = await ask('/v2.1/nothing', { headers: { Accept: accept } });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, type]);
    const body = await answer.text();
    expect(body.slice(0, beginning.length)).toBe(beginning);
  });

  it.each(['/v2.1/nothing', SHOW, '/nothing'])('OPTIONS %s returns 200 without a body', async (path) => {
    const answer = await ask(path, { method: 'OPTIONS', headers: { 'X-Auth-Token': 'unknown' } });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.has('www-authenticate')).toBe(false);
  });

  it('a version document is returned for every method, but with a project id in the path only for GET', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
      expect([method, (await ask('/v2.1/', { method })).status]).toEqual([method, 200]);
      expect([method, (await ask('/nothing', { method })).status]).toEqual([method, 300]);
    }
    expect((await ask(`/v2.1/${PROJECT}/`)).status).toBe(200);
    expect((await ask(`/v2.1/${PROJECT}/`, { method: 'POST' })).status).toBe(404);
    expect((await ask('/v2.1/4f5e/')).status).toBe(400);
    const old = (await (await ask('/v2.1/versions/v2.0')).json()) as { version: { id: string } };
    expect(old.version.id).toBe('v2.0');
    expect((await ask('/v2.1/versions/v9')).status).toBe(404);
  });

  describe('with pages of actions', () => {
    const nextOf = async (path: string, init?: RequestInit, at = service): Promise<string | undefined> => {
      const body = (await (await ask(path, init, at)).json()) as { links?: { href: string }[] };
      return body.links?.[0]?.href;
    };

    it('the last page of actions is reached even if two actions have the same request id', async () => {
      const seen: string[] = [];
      let next: string | undefined = `${service.url}/v2.1/servers/${shared}/os-instance-actions?limit=1`;
      for (let pages = 0; next !== undefined; pages += 1) {
        expect(pages).toBeLessThan(5);
        const body = (await (await ask(next.slice(service.url.length))).json()) as {
          instanceActions: { action: string }[];
          links?: { href: string }[];
        };
        seen.push(...body.instanceActions.map(({ action }) => action));
        next = body.links?.[0]?.href;
      }
      expect(seen).toEqual(['unpause', 'pause']);
    });

    it.each(['~1', `${busyRequest}~1`, `${busyRequest}~`, `${busyRequest}~x`, 'req~999999999999'])(
      'a request for a page of actions returns 400 if the marker is the invalid %s',
      async (marker) => {
        expect((await ask(`${LIST}?marker=${marker}`)).status).toBe(400);
      },
    );

    it('the link to the next page contains the query and the project id of the request', async () => {
      const since = 'changes-since=2026-01-01T00:00:00Z';
      expect(await nextOf(`/v2.1/${PROJECT}/servers/${busy}/os-instance-actions?limit=1&${since}`)).toMatch(
        new RegExp(
          `^${service.url}/v2.1/${PROJECT}/servers/${busy}/os-instance-actions` +
            '\\?changes-since=2026-01-01T00%3A00%3A00Z&limit=1&marker=req-[0-9a-f-]{36}$',
        ),
      );
    });

    const forwarded = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'nova.example.org:443' };

    it('the link to the next page uses X-Forwarded headers only if a trusted proxy sent them', async () => {
      const own = await nextOf(`${LIST}?limit=1`, { headers: forwarded });
      expect(own?.startsWith(`${service.url}/v2.1/servers/`)).toBe(true);
      const through = await nextOf(`${LIST}?limit=1`, { headers: forwarded }, proxied);
      expect(through?.startsWith('https://nova.example.org/v2.1/servers/')).toBe(true);
    });

    it('every link begins with PUBLIC_URL if it is set', async () => {
      const next = await nextOf(`${LIST}?limit=1`, {}, published);
      expect(next?.startsWith('https://cloud.example.org/compute/v2.1/servers/')).toBe(true);
      const root = await (await ask('/', {}, published)).text();
      expect(root).toContain('"https://cloud.example.org/compute/v2.1/"');
      const choices = await (await ask('/nothing/', {}, published)).text();
      expect(choices).toContain('"https://cloud.example.org/compute/v2/nothing"');
    });
  });
});
