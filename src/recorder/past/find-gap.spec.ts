import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findGap } from './find-gap.js';

/** The ids of a cell whose database assigns every `step`-th id. */
const lattice = fc
  .record({ step: fc.integer({ min: 1, max: 9 }), before: fc.integer({ min: 12, max: 60 }) })
  .chain(({ step, before }) =>
    fc.record({
      step: fc.constant(step),
      before: fc.constant(before),
      after: fc.integer({ min: 1, max: 60 }),
    }),
  )
  .map(({ step, before, after }) => {
    const ids = Array.from({ length: before + after }, (_, index) => (index + 1) * step);
    return { step, before: ids.slice(0, before), after: ids.slice(before) };
  });

function startOf(before: readonly number[]): number {
  return before.at(-1) ?? 0;
}

describe('the search for ids whose rows are missing', () => {
  it('finds nothing if all ids have the usual distance, which is above 1 on a Galera cluster', () => {
    fc.assert(
      fc.property(lattice, ({ before, after }) => {
        expect(findGap(before, startOf(before), after)).toBeUndefined();
      }),
    );
  });

  it('finds each purged run of rows, also if the ids have the steps of a Galera cluster', () => {
    const purged = fc.record({ lattice, from: fc.nat(), count: fc.integer({ min: 1, max: 40 }) });
    fc.assert(
      fc.property(purged, ({ lattice: { step, before, after }, from, count }) => {
        // The last row stays, because a gap is visible only if a row follows it.
        const first = from % after.length;
        const left = after.filter((_, index) => index < first || index >= first + count);
        fc.pre(left.length < after.length && (left.at(-1) ?? 0) === after.at(-1));
        const gap = findGap(before, startOf(before), left);
        const removed = after.slice(first, first + count);
        const [lowest, highest] = [(removed[0] ?? 0) - step + 1, (removed.at(-1) ?? 0) + step - 1];
        expect(gap).toMatchObject({ from_id: lowest, to_id: highest, void_ids: highest - lowest + 1 });
        expect(gap?.grade).toBe(removed.length + 1 > 32 ? 'certain' : 'possible');
      }),
    );
  });

  it('counts all ids without a row between the first and the last suspicious id', () => {
    const ids = fc.uniqueArray(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(ids, (unsorted) => {
        const after = unsorted.sort((one, other) => one - other);
        const before = Array.from({ length: 20 }, (_, index) => index - 20);
        const gap = findGap(before, 0, after);
        if (gap === undefined) {
          after.forEach((id, index) => {
            expect(id).toBe(index + 1);
          });
          return;
        }
        const inside = after.filter((id) => id >= gap.from_id && id <= gap.to_id);
        expect(gap.void_ids).toBe(gap.to_id - gap.from_id + 1 - inside.length);
        expect([gap.from_id, gap.to_id].some((id) => after.includes(id))).toBe(false);
      }),
    );
  });

  it('finds only longer runs without rows in a cell in which Nova often rolls back transactions', () => {
    // Every fifth id has no row.
    const ids = Array.from({ length: 500 }, (_, index) => index + 1).filter((id) => id % 5 !== 0);
    expect(findGap(ids.slice(0, 200), ids[199] ?? 0, ids.slice(200))).toBeUndefined();
    const without = ids.slice(200).filter((id) => id < 300 || id > 320);
    expect(findGap(ids.slice(0, 200), ids[199] ?? 0, without)).toMatchObject({ from_id: 300, to_id: 320 });
  });
});
