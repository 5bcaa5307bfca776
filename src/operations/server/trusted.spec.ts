import { describe, expect, it } from '@jest/globals';
import { trustedMatcher } from './trusted.js';

describe('a trusted address', () => {
  const isExempt = trustedMatcher(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1']);

  it.each(['10.1.2.3', '::ffff:10.1.2.3', '192.0.2.7', '2001:db8:ffff::1', '::1'])(
    'a trusted address is %s',
    (address) => {
      expect(isExempt(address)).toBe(true);
    },
  );

  it.each(['11.0.0.1', '192.0.2.8', '2001:db9::1', '::2', '', 'nova'])(
    'a trusted address is not %j',
    (address) => {
      expect(isExempt(address)).toBe(false);
    },
  );

  it('a trusted address does not exist without TRUSTED_PROXIES', () => {
    expect(trustedMatcher([])('10.1.2.3')).toBe(false);
  });
});
