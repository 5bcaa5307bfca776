import { perTable } from '../../ledger/cells/cell-states.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RECORDER_TIMES } from '../recorder-times.js';
import { Windows } from './windows.js';

const times = { ...RECORDER_TIMES, nearAge: 90, farAge: 600, farInterval: 15, farIds: 100_000 };
/** The numbers of new ids in each round, one round for each unit of time. */
const growth = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 1_000 });

/** Calls `check` after each round with its time and with the highest ids of all rounds. */
function grow(
  steps: readonly number[],
  check: (windows: Windows, now: number, highs: number[]) => void,
): void {
  const windows = new Windows(
    times,
    perTable(() => 1_000),
  );
  const highs = [1_000];
  steps.forEach((step, now) => {
    highs.push((highs.at(-1) ?? 0) + step);
    windows.add(
      perTable(() => highs.at(-1) ?? 0),
      now,
    );
    check(windows, now, highs);
  });
}

describe('the windows of a round', () => {
  it('contain each id that Nova assigned less than the near age ago', () => {
    fc.assert(
      fc.property(growth, (steps) => {
        grow(steps, (windows, now, highs) => {
          const high = highs.at(-1) ?? 0;
          const [near] = windows.of(
            perTable(() => high),
            now,
            1_000_000,
          );
          // An id above the highest one of that time can be committed only after it.
          const before = highs[Math.max(0, now + 1 - times.nearAge)] ?? 0;
          expect(near?.from).toBeLessThanOrEqual(before + 1);
          expect(near?.to).toBe(high + 1);
        });
      }),
      { numRuns: 20 },
    );
  });

  it('cover the far window piece by piece, and then end until the next interval', () => {
    const windows = new Windows(
      times,
      perTable(() => 1_000),
    );
    const high = perTable(() => 60_000);
    windows.add(high, 0);
    let covered = 60_001;
    for (let round = 0; round < 100; round += 1) {
      const far = windows.of(high, 100, 5_000).filter(({ isFar }) => isFar);
      const actions = far.find(({ table }) => table === 'actions');
      if (actions === undefined) break;
      expect(actions.to - actions.from).toBeLessThanOrEqual(5_000);
      if (round > 0) expect(actions.to).toBe(covered);
      covered = actions.from;
      for (const window of far) windows.confirm(window);
    }
    expect(covered).toBeLessThanOrEqual(1_001);
    expect(covered).toBeGreaterThan(1_001 - 256);
    expect(windows.of(high, 114, 5_000).some(({ isFar }) => isFar)).toBe(false);
    expect(windows.of(high, 116, 5_000).some(({ isFar }) => isFar)).toBe(true);
  });

  it('settle an id only after the far age', () => {
    fc.assert(
      fc.property(growth, (steps) => {
        grow(steps, (windows, now, highs) => {
          const before = highs[Math.max(0, now + 1 - times.farAge)] ?? 0;
          expect(windows.settled(now).events).toBeLessThanOrEqual(before);
        });
      }),
      { numRuns: 20 },
    );
  });
});
