import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../fault/faults.js';
import { IntegerId } from './parameters.js';

// As Nova 26.2 answers to `os-aggregates/{id}`.
describe('the number of a row in a path', () => {
  it.each(['1', '+1', '-1', ' 1', '\n1', '01', '1_0', '9'.repeat(30)])(
    'the number of a row in a path may be %j',
    (id) => {
      expect(new IntegerId().transform(id)).toBe(id);
    },
  );

  it.each(['', 'x', '1.0', '1e3', '0x1', '1__0', '_1', '1 0', '٣', '\u00a01', '\x1c1'])(
    'the number of a row in a path is refused with 400 when it is %j',
    (id) => {
      expect(() => new IntegerId().transform(id)).toThrow(
        new BadRequest('Invalid input received: id must be an integer'),
      );
    },
  );
});
