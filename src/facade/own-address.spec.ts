import { describe, expect, it } from '@jest/globals';
import { isOwnAddress } from './own-address.js';

describe('the check of UPSTREAM_NOVA_URL against the address of the service', () => {
  it.each([
    ['http://127.0.0.1:8774', '127.0.0.1', 8774],
    ['http://localhost:8774/compute', '127.0.0.1', 8774],
    ['http://[::1]:8774', '::', 8774],
    ['http://127.0.0.1:8774', '0.0.0.0', 8774],
    ['http://127.0.0.2:8774', '0.0.0.0', 8774],
    ['http://127.0.0.1:8774', '::', 8774],
    ['http://127.0.0.1:8774', '0:0::0', 8774],
    ['http://127.0.0.1:8774', '::ffff:0.0.0.0', 8774],
    ['http://127.0.0.2:8774', '127.0.0.2', 8774],
    ['http://192.0.2.1:8774', '192.0.2.1', 8774],
    ['http://nova.example.org', 'nova.example.org', 80],
    ['https://nova.example.org', 'nova.example.org', 443],
  ])('%s is the address of a service that listens on %s:%d', (url, HOST, PORT) => {
    expect(isOwnAddress(url, { HOST, PORT })).toBe(true);
  });

  it.each([
    ['http://127.0.0.1:18774', '127.0.0.1', 8774],
    ['http://127.0.0.1:8774', '192.0.2.1', 8774],
    ['http://192.0.2.2:8774', '192.0.2.1', 8774],
    ['http://192.0.2.2:8774', '127.0.0.1', 8774],
    ['http://127.0.0.2:8774', '127.0.0.1', 8774],
    ['http://nova.example.org:8774', '0.0.0.0', 8774],
  ])('%s is not the address of a service that listens on %s:%d', (url, HOST, PORT) => {
    expect(isOwnAddress(url, { HOST, PORT })).toBe(false);
  });
});
