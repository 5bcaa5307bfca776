import { describe, expect, it } from '@jest/globals';
import { addressesIn } from './forwarded-for.js';

describe('addresses that proxies tell of', () => {
  it.each([
    ['192.0.2.1', ['192.0.2.1']],
    ['192.0.2.1,  2001:db8::1', ['192.0.2.1', '2001:db8::1']],
    ['192.0.2.1:1234, [2001:db8::1]:99, [2001:db8::2]', ['192.0.2.1', '2001:db8::1', '2001:db8::2']],
    ['192.0.2.1, unknown, 192.0.2.2', ['192.0.2.2']],
    ['192.0.2.1, , 192.0.2.2,', ['192.0.2.1', '192.0.2.2']],
    ['192.0.2.1, <script>', []],
    ['', []],
    [':99', []],
  ])('the addresses that proxies name are taken from %j', (text, addresses) => {
    expect(addressesIn(text)).toEqual(addresses);
  });
});
