import { expect, it } from '@jest/globals';
import { addressToListenOn } from './address-to-listen-on.js';

it.each([
  ['localhost', '127.0.0.1'],
  ['0.0.0.0', '0.0.0.0'],
  ['::1', '::1'],
  ['nova.example.org', 'nova.example.org'],
])('with HOST=%s, the service listens on %s', async (host, address) => {
  expect(await addressToListenOn(host)).toBe(address);
});
