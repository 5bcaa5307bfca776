import { describe, expect, it } from '@jest/globals';
import { maxConnections, parseDescriptorLimit } from './descriptors.js';

describe('the limit of descriptors', () => {
  const limits = (soft: string): string =>
    [
      'Limit                     Soft Limit           Hard Limit           Units     ',
      'Max processes             62987                62987                processes ',
      `Max open files            ${soft.padEnd(20)} 1048576              files     `,
    ].join('\n');

  it.each([
    ['1024', 1_024],
    ['unlimited', undefined],
  ])('the limit of descriptors is the soft one: %s', (soft, expected) => {
    expect(parseDescriptorLimit(limits(soft))).toBe(expected);
  });

  it('the limit of descriptors is unknown where the system does not name it', () => {
    expect(parseDescriptorLimit('')).toBeUndefined();
  });
});

describe('the number of connections', () => {
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
    'with %p descriptors and MAX_CONNECTIONS=%d, before a Nova at %p, the number of connections is %d',
    (limit, most, url, expected) => {
      const settings = {
        MAX_CONNECTIONS: most,
        UPSTREAM_CONNECTIONS: 100,
        ...(url !== undefined && { UPSTREAM_NOVA_URL: url }),
      };
      expect(maxConnections(limit, settings)).toBe(expected);
    },
  );
});
