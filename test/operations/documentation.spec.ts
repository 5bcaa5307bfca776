import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { SwaggerModule } from '@nestjs/swagger';
import { readdirSync, readlinkSync } from 'node:fs';
import { FakeNova } from '../support/nova/fake.js';
import { startedServices } from '../support/service/started-services.js';
import { until } from '../support/time/until.js';
import { WireClient } from '../support/http/wire-client.js';

const FILES = [
  ['/docs', 'text/html; charset=utf-8'],
  ['/docs/', 'text/html; charset=utf-8'],
  ['/docs/index.html', 'text/html; charset=utf-8'],
  ['/docs/swagger-ui.css', 'text/css; charset=utf-8'],
  ['/docs/swagger-ui-bundle.js', 'application/javascript; charset=utf-8'],
  ['/docs/swagger-ui-init.js', 'application/javascript; charset=utf-8'],
  ['/openapi.json', 'application/json; charset=utf-8'],
] as const;

const started = startedServices();

afterEach(() => {
  jest.restoreAllMocks();
});

/** Returns the paths of the Swagger UI files that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('swagger-ui');
    } catch {
      // The file was closed after its descriptor was listed.
      return false;
    }
  });
}

describe('the documentation', () => {
  it('each file of the documentation is sent with a type and a length; an unchanged file gets 304', async () => {
    const { url } = await started();
    for (const [path, type] of FILES) {
      const response = await fetch(url + path);
      const body = Buffer.from(await response.arrayBuffer());
      const { headers } = response;
      expect([path, response.status, headers.get('content-type')]).toEqual([path, 200, type]);
      expect([path, body.length > 100, headers.get('content-length')]).toEqual([
        path,
        true,
        `${body.length}`,
      ]);
      const tag = headers.get('etag') ?? '';
      for (const known of [tag, `W/${tag}`, `"other", ${tag}`, '*']) {
        const again = await fetch(url + path, { headers: { 'If-None-Match': known } });
        expect([path, known, again.status, await again.text()]).toEqual([path, known, 304, '']);
      }
      const changed = await fetch(url + path, { headers: { 'If-None-Match': '"other"' } });
      expect([path, changed.status]).toEqual([path, 200]);
      await changed.arrayBuffer();
    }
  });

  it('HEAD of a documentation page returns the length of the page and no body', async () => {
    const { url } = await started();
    const { status, headers } = await fetch(`${url}/docs/swagger-ui.css`, { method: 'HEAD' });
    const whole = await (await fetch(`${url}/docs/swagger-ui.css`)).arrayBuffer();
    expect([status, headers.get('content-length')]).toEqual([200, String(whole.byteLength)]);
  });

  it.each([
    'package.json',
    'swagger-initializer.js',
    'swagger-ui-bundle.js.map',
    'swagger-ui.css.map',
    'swagger-ui.js',
    'absolute-path.js',
    'LICENSE',
    'oauth2-redirect.html',
    'swagger-ui-standalone-preset.js',
    'favicon-32x32.png',
    'swagger-ui.css/',
    '../package.json',
    '%2e%2e%2fpackage.json',
    '__proto__',
    'constructor',
  ])(
    'a path below the documentation that is not a file of the documentation returns 404: %s',
    async (name) => {
      const { url } = await started();
      const client = await WireClient.connect(url);
      client.send(`GET /docs/${name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect((await client.answer()).line).toBe('HTTP/1.1 404 Not Found');
    },
  );

  it('requests for the documentation open no file, even if clients send many requests and read no response', async () => {
    const { url } = await started();
    const clients = await Promise.all(Array.from({ length: 8 }, () => WireClient.connect(url)));
    for (const { socket } of clients) {
      socket.pause();
      socket.write('GET /docs/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(16));
    }
    let checks = 0;
    await until(() => {
      checks += 1;
      expect(openFiles()).toEqual([]);
      return checks === 20;
    }, '20 checks are done');
    for (const client of clients) client.close();
  });

  it('the OpenAPI document is created once for several requests', async () => {
    const made = jest.spyOn(SwaggerModule, 'createDocument');
    const { url } = await started();
    const texts = await Promise.all(
      Array.from({ length: 5 }, async () => (await fetch(`${url}/openapi.json`)).text()),
    );
    expect(new Set(texts).size).toBe(1);
    expect(made).toHaveBeenCalledTimes(1);
  });

  it('with DOCUMENTATION=false, requests for the paths of the documentation get the same response as unknown paths', async () => {
    const { url } = await started({ DOCUMENTATION: 'false' });
    const unknown = await (await fetch(`${url}/unknown`)).text();
    for (const [path] of FILES) {
      const response = await fetch(url + path);
      expect([path, response.status]).toEqual([path, 300]);
      expect((await response.text()).replaceAll(path.replace(/\/$/, ''), '/unknown')).toBe(unknown);
      expect(response.headers.get('content-security-policy')).toBeNull();
    }
  });

  it('a facade with DOCUMENTATION=false forwards requests for the documentation to nova-api', async () => {
    const nova = new FakeNova();
    try {
      const { url } = await started({ UPSTREAM_NOVA_URL: await nova.start(), DOCUMENTATION: 'false' });
      for (const [path] of FILES) expect(await (await fetch(url + path)).text()).toBe('nova');
      expect(nova.requests).toHaveLength(FILES.length);
    } finally {
      await nova.stop();
    }
  });
});
