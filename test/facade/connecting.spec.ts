import { describe, expect, it } from '@jest/globals';
import type { LookupFunction } from 'node:net';
import { sharedLookup } from '../../src/facade/connecting.js';

describe('the lookup of the name of nova-api', () => {
  it('connections that resolve the same host name at the same time share one DNS lookup; later connections start another', () => {
    const lookups: Parameters<LookupFunction>[2][] = [];
    const lookup = sharedLookup((_name, _options, callback) => lookups.push(callback));
    const results: unknown[] = [];
    const connect = (): void => {
      lookup('nova.example.org', {}, (_error, address) => results.push(address));
    };
    connect();
    connect();
    connect();
    expect(lookups).toHaveLength(1);
    lookups[0]?.(null, '192.0.2.1', 4);
    expect(results).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.1']);
    connect();
    expect(lookups).toHaveLength(2);
  });
});
