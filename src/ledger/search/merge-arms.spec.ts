import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type ArmEntry, comparatorOf, mergeArms } from './merge-arms.js';

const anySort = fc.constantFrom('asc' as const, 'desc' as const);

/** An action with its arms: the numbers of the arms in whose index it is. */
const anyAction = fc.record({
  second: fc.nat({ max: 5 }),
  matches: fc.boolean(),
  arms: fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1 }),
});

describe('mergeArms', () => {
  it('returns all matching actions down to the frontier, in the order of the list', () => {
    fc.assert(
      fc.property(anySort, fc.array(anyAction), fc.integer({ min: 1, max: 6 }), (sort, actions, limit) => {
        const compare = comparatorOf(sort);
        const list = actions.map((action, id) => ({ ...action, id })).sort(compare);
        const arms = [0, 1, 2, 3].map((number) => {
          const all = list.filter((action) => action.arms.includes(number));
          const entries = all
            .slice(0, limit)
            .map(({ second, id, matches }): ArmEntry => ({ second, id, matches }));
          return { entries, isCut: entries.length === limit };
        });
        const { found, frontier } = mergeArms(arms, sort);
        const reached = list.filter((action) => frontier === undefined || compare(action, frontier) <= 0);
        const expected = reached.filter(({ matches }) => matches);
        expect(found).toEqual(expected.map(({ second, id }) => ({ second, id })));
        if (frontier === undefined) expect(reached).toHaveLength(list.length);
        // The search goes on: each step reads at least as many entries as one arm.
        else expect(reached.length).toBeGreaterThanOrEqual(limit);
      }),
    );
  });

  it('does not limit the result because of an arm without entries', () => {
    const entries = [{ second: 3, id: 1, matches: true }];
    const empty = { entries: [], isCut: false };
    expect(mergeArms([{ entries, isCut: false }, empty], 'desc')).toEqual({
      found: [{ second: 3, id: 1 }],
      frontier: undefined,
    });
  });
});
