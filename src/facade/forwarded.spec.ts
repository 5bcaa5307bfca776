import { describe, expect, it } from '@jest/globals';
import { forwardedHeaders } from './forwarded.js';

const origin = { ip: '192.0.2.9', protocol: 'http', host: 'nova.example.org:8774' } as const;

function told(more: object, publicUrl?: string): Record<string, string> {
  return Object.fromEntries(forwardedHeaders({ ...origin, ...more }, publicUrl));
}

describe('what Nova is told of a request', () => {
  it('the facade tells Nova who sent a request, and for which address', () => {
    expect(told({})).toEqual({
      'X-Forwarded-For': '192.0.2.9',
      'X-Forwarded-Proto': 'http',
      'X-Forwarded-Host': 'nova.example.org:8774',
    });
  });

  it('the facade lists the addresses from the client on for Nova, farthest first', () => {
    expect(told({ ips: ['127.0.0.1', '10.0.0.1', '192.0.2.9'] })['X-Forwarded-For']).toBe(
      '192.0.2.9, 10.0.0.1, 127.0.0.1',
    );
  });

  it.each([
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['::ffff:0:1', '::ffff:0:1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('the facade writes the client’s address in its usual form: %s', (ip, written) => {
    expect(told({ ip })['X-Forwarded-For']).toBe(written);
  });

  it('the facade tells Nova no scheme but http and https', () => {
    expect(told({ protocol: 'https' })['X-Forwarded-Proto']).toBe('https');
    expect(told({ protocol: 'javascript' })['X-Forwarded-Proto']).toBe('http');
  });

  it('the facade tells Nova no host where the client named none', () => {
    expect(told({ host: '' })).not.toHaveProperty('X-Forwarded-Host');
  });

  it.each([
    ['https://cloud.example.org/compute/', 'https', 'cloud.example.org', '/compute'],
    ['https://cloud.example.org:8443/a/b', 'https', 'cloud.example.org:8443', '/a/b'],
    ['http://[2001:db8::1]:80', 'http', '[2001:db8::1]:80', undefined],
    ['https://cloud.example.org/', 'https', 'cloud.example.org', undefined],
  ])('the facade tells Nova its public address where it has one: %s', (publicUrl, proto, host, prefix) => {
    expect(told({ protocol: 'http' }, publicUrl)).toEqual({
      'X-Forwarded-For': '192.0.2.9',
      'X-Forwarded-Proto': proto,
      'X-Forwarded-Host': host,
      ...(prefix !== undefined && { 'X-Forwarded-Prefix': prefix }),
    });
  });
});
