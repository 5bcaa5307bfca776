import { describe, expect, it } from '@jest/globals';
import { addressesIn } from './forwarded-for.js';

describe('addressesIn', () => {
  it.each([
    ['192.0.2.1', ['192.0.2.1']],
    ['192.0.2.1,  2001:db8::1', ['192.0.2.1', '2001:db8::1']],
    ['192.0.2.1:1234, [2001:db8::1]:99, [2001:db8::2]', ['192.0.2.1', '2001:db8::1', '2001:db8::2']],
    ['192.0.2.1, unknown, 192.0.2.2', ['192.0.2.2']],
    ['192.0.2.1, , 192.0.2.2,', ['192.0.2.1', '192.0.2.2']],
    ['192.0.2.1, <script>', []],
    ['', []],
    [':99', []],
  ])('in X-Forwarded-For, the trustworthy addresses of %j are %j', (text, addresses) => {
    expect(addressesIn(text)).toEqual(addresses);
  });
});
