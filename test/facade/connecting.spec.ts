import { describe, expect, it } from '@jest/globals';
import type { LookupFunction } from 'node:net';
import { sharedLookup } from '../../src/facade/connecting.js';

describe('a name that many connections look up at the same time', () => {
  it('a name that many connections look up at the same time is looked up once, and again only after the answer', () => {
    const asked: Parameters<LookupFunction>[2][] = [];
    const lookup = sharedLookup((_name, _options, callback) => asked.push(callback));
    const answers: unknown[] = [];
    const ask = (): void => {
      lookup('nova.example.org', {}, (_error, address) => answers.push(address));
    };
    ask();
    ask();
    ask();
    expect(asked).toHaveLength(1);
    asked[0]?.(null, '192.0.2.1', 4);
    expect(answers).toEqual(['192.0.2.1', '192.0.2.1', '192.0.2.1']);
    ask();
    expect(asked).toHaveLength(2);
  });
});
