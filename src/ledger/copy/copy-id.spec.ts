import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyId, fitsCopyId, partsOf } from './copy-id.js';

const novaId = fc.record({
  cell: fc.integer({ min: 0, max: 1_023 }),
  epoch: fc.integer({ min: 0, max: 63 }),
  id: fc.integer({ min: 0, max: 2 ** 37 - 1 }),
});

it('an id of the copy is exact and contains the cell, the epoch and the id of Nova', () => {
  fc.assert(
    fc.property(novaId, (one) => {
      expect(Number.isSafeInteger(copyId(one))).toBe(true);
      expect(partsOf(copyId(one))).toEqual(one);
    }),
  );
});

it('the ids of one cell and epoch sort as the ids of Nova do', () => {
  fc.assert(
    fc.property(novaId, novaId, (one, other) => {
      expect(copyId({ ...one, id: other.id }) - copyId(one)).toBe(other.id - one.id);
    }),
  );
});

it.each([
  { cell: 1_024, epoch: 0, id: 1 },
  { cell: 0, epoch: 64, id: 1 },
  { cell: 0, epoch: 0, id: 2 ** 37 },
  { cell: 0, epoch: 0, id: -1 },
])('the copy has no id for a row whose cell, epoch or id does not fit: %j', (one) => {
  expect(fitsCopyId(one)).toBe(false);
  expect(() => copyId(one)).toThrow('the copy has no id');
});
