import { describe, expect, it } from '@jest/globals';
import { trustedMatcher } from './trusted.js';

describe('trustedMatcher', () => {
  const isTrusted = trustedMatcher(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8:ffff::1', '::1'])(
    '%s is a trusted address',
    (address) => {
      expect(isTrusted(address)).toBe(true);
    },
  );

  it.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', '', 'nova'])(
    '%j is not a trusted address',
    (address) => {
      expect(isTrusted(address)).toBe(false);
    },
  );

  it('no address is trusted if TRUSTED_PROXIES is not set', () => {
    expect(trustedMatcher([])('10.1.2.3')).toBe(false);
  });
});
