import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Entry } from '../record/entry.js';
import { MissingPositions } from './missing-positions.js';

const HEAD = 30;
const some = fc.uniqueArray(fc.integer({ min: 1, max: HEAD - 1 }));

it('a position is missing if it has no entry and no entry of the retention names it', () => {
  fc.assert(
    fc.property(some, some, (present, deleted) => {
      const positions = new MissingPositions();
      const entries = [...new Set([...present, HEAD])].sort((one, other) => one - other);
      for (const position of entries) {
        const ranges = deleted.map((one) => [one, one]);
        const entry =
          position === HEAD ? { kind: 'retention', body: { positions: ranges } } : { kind: 'action' };
        positions.add({ position, ...entry } as unknown as Entry);
      }
      const all = Array.from({ length: HEAD }, (_, index) => index + 1);
      const expected = all.filter((one) => !entries.includes(one) && !deleted.includes(one));
      const ranges = positions.ranges(HEAD);
      const found = ranges.flatMap(([first, last]) => all.filter((one) => one >= first && one <= last));
      expect(found).toEqual(expected);
    }),
  );
});
