import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../fault/faults.js';
import { IntegerId } from './parameters.js';

// The expected results are those of Nova 26.2 for `os-aggregates/{id}`.
describe('a numeric id in a path', () => {
  it.each(['1', '+1', '-1', ' 1', '\n1', '01', '1_0', '9'.repeat(30)])(
    'a numeric id in a path can be %j',
    (id) => {
      expect(new IntegerId().transform(id)).toBe(id);
    },
  );

  it.each(['', 'x', '1.0', '1e3', '0x1', '1__0', '_1', '1 0', '٣', '\u00a01', '\x1c1'])(
    'a numeric id in a path is rejected with 400 if it is %j',
    (id) => {
      expect(() => new IntegerId().transform(id)).toThrow(
        new BadRequest('Invalid input received: id must be an integer'),
      );
    },
  );
});
