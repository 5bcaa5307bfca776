import { describe, expect, it } from '@jest/globals';
import { forwardedHeaders } from './forwarded.js';

const origin = { ip: '192.0.2.9', protocol: 'http', host: 'nova.example.org:8774' } as const;

function headersFor(more: object, publicUrl?: string): Record<string, string> {
  return Object.fromEntries(forwardedHeaders({ ...origin, ...more }, publicUrl));
}

describe('the headers X-Forwarded-*', () => {
  it("the facade sends Nova the client's address, and the scheme and host of the client's request", () => {
    expect(headersFor({})).toEqual({
      'X-Forwarded-For': '192.0.2.9',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'nova.example.org:8774',
    });
  });

  it('the facade sends Nova the addresses of the client and of the proxies, the client first', () => {
    expect(headersFor({ ips: ['127.0.0.1', '10.0.0.1', '192.0.2.9'] })['X-Forwarded-For']).toBe(
      '192.0.2.9, 10.0.0.1, 127.0.0.1',
    );
  });

  it.each([
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['::ffff:0:1', '::ffff:0:1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('the facade writes the IPv4 address of a client without the prefix ::ffff: %s', (ip, written) => {
    expect(headersFor({ ip })['X-Forwarded-For']).toBe(written);
  });

  it('the facade sends Nova the scheme https or http, and http for any other scheme', () => {
    expect(headersFor({ protocol: 'https' })['X-Forwarded-Proto']).toBe('https');
    expect(headersFor({ protocol: 'javascript' })['X-Forwarded-Proto']).toBe('http');
  });

  it('the facade sends Nova no X-Forwarded-Host if the request has no host', () => {
    expect(headersFor({ host: '' })).not.toHaveProperty('X-Forwarded-Host');
  });

  it.each([
    ['https://cloud.example.org/compute/', 'https', 'cloud.example.org', '/compute'],
    ['https://cloud.example.org:8443/a/b', 'https', 'cloud.example.org:8443', '/a/b'],
    ['http://[2001:db8::1]:80', 'http', '[2001:db8::1]:80', undefined],
    ['https://cloud.example.org/', 'https', 'cloud.example.org', undefined],
  ])(
    'the facade sends Nova the scheme, host and path of PUBLIC_URL: %s',
    (publicUrl, proto, host, prefix) => {
      expect(headersFor({ protocol: 'http' }, publicUrl)).toEqual({
        'X-Forwarded-For': '192.0.2.9',
        'X-Forwarded-Proto': proto,
        'X-Forwarded-Host': host,
        ...(prefix !== undefined && { 'X-Forwarded-Prefix': prefix }),
      });
    },
  );
});
