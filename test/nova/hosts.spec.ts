import { describe, expect, it } from '@jest/globals';
import { startedServices } from '../support/service/started-services.js';
import { type WireAnswer, WireClient } from '../support/http/wire-client.js';

const started = startedServices();

/** Requests the list of versions over a new connection, with the given headers. */
async function versions(url: string, headers: readonly string[]): Promise<WireAnswer> {
  const client = await WireClient.connect(url);
  client.send(`${['GET / HTTP/1.1', ...headers, 'Connection: close'].join('\r\n')}\r\n\r\n`);
  try {
    return await client.answer();
  } finally {
    client.close();
  }
}

const BAD_HOST = '{"badRequest":{"code":400,"message":"The Host header is missing, repeated or invalid."}}';

const INVALID_HOSTS = [
  'a/b@c, d',
  'a, b',
  'user@nova',
  'nova/x',
  'http://nova',
  'a b',
  'a\tb',
  'nova:x',
  '::1',
  'n\xf6va',
];

describe('the Host header', () => {
  it.each(INVALID_HOSTS)('a request with an invalid Host header returns 400: %j', async (host) => {
    const { url } = await started();
    const { line, body } = await versions(url, [`Host: ${host}`]);
    expect([line, body]).toEqual(['HTTP/1.1 400 Bad Request', BAD_HOST]);
  });

  it.each(INVALID_HOSTS.filter((host) => !host.startsWith('a, ') && !host.includes(', ')))(
    'a request from a trusted proxy with an invalid X-Forwarded-Host returns 400: %j',
    async (host) => {
      const { url } = await started({ TRUSTED_PROXIES: '127.0.0.1' });
      const { line, body } = await versions(url, ['Host: nova', `X-Forwarded-Host: ${host}`]);
      expect([line, body]).toEqual(['HTTP/1.1 400 Bad Request', BAD_HOST]);
    },
  );

  it('an invalid X-Forwarded-Host of a client that is not a trusted proxy is ignored', async () => {
    const { url } = await started();
    const { line, body } = await versions(url, ['Host: nova', 'X-Forwarded-Host: a/b@c']);
    expect(line).toBe('HTTP/1.1 200 OK');
    expect(body).toContain('"http://nova/v2.1/"');
  });

  it.each(['nova.example.org:8774', '[2001:db8::1]:8774', 'nova_1'])(
    'links contain the valid Host header of the request: %s',
    async (host) => {
      const { url } = await started({ TRUSTED_PROXIES: '127.0.0.1' });
      for (const headers of [[`Host: ${host}`], ['Host: x', `X-Forwarded-Host: ${host}`]]) {
        const { line, body } = await versions(url, headers);
        expect(line).toBe('HTTP/1.1 200 OK');
        expect(body).toContain(`"http://${host}/v2.1/"`);
      }
    },
  );

  it('an empty Host header is accepted', async () => {
    const { url } = await started();
    expect((await versions(url, ['Host:'])).line).toBe('HTTP/1.1 200 OK');
  });
});
