import { describe, expect, it } from '@jest/globals';
import { maxConnections, parseDescriptorLimit } from './descriptors.js';

describe('parseDescriptorLimit', () => {
  const limits = (soft: string): string =>
    [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max processes             62987                62987                processes ',
      `Max open files            ${soft.padEnd(20)} 1048576              files     `,
    ].join('\n');

  it.each([
    ['1024', 1_024],
    ['unlimited', undefined],
  ])('the file descriptor limit is the soft limit: %s', (soft, expected) => {
    expect(parseDescriptorLimit(limits(soft))).toBe(expected);
  });

  it('the file descriptor limit is undefined if the system does not report it', () => {
    expect(parseDescriptorLimit('')).toBeUndefined();
  });
});

describe('maxConnections', () => {
  const NOVA = 'http://127.0.0.1:18774';

  it.each([
    [undefined, 10_000, undefined, 10_000],
    [65_536, 10_000, undefined, 10_000],
    [4_096, 10_000, undefined, 3_840],
    [1_024, 10_000, undefined, 768],
    [1_024, 700, undefined, 700],
    [200, 10_000, undefined, 100],
    [1, 10_000, undefined, 1],
    [1_024, 10_000, NOVA, 668],
    [400, 10_000, NOVA, 100],
    [65_536, 10_000, NOVA, 10_000],
  ])(
    'with %p file descriptors, MAX_CONNECTIONS=%d and UPSTREAM_NOVA_URL=%p, the maximum number of connections is %d',
    (limit, max, url, expected) => {
      const settings = {
        MAX_CONNECTIONS: max,
        UPSTREAM_CONNECTIONS: 100,
        ...(url !== undefined && { UPSTREAM_NOVA_URL: url }),
      };
      expect(maxConnections(limit, settings)).toBe(expected);
    },
  );
});
