import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Pace } from './pace.js';

const times = { interval: 500, nearIds: 20_000 };
const slow = { spent: 2_000, rows: 10 };

describe('the pause between two rounds', () => {
  it('is the interval while the cell is fast', () => {
    const pace = new Pace(times);
    expect(pace.after({ spent: 5, rows: 20 })).toBe(500);
    expect(pace.nearIds).toBe(20_000);
  });

  it('is at least four times as long as the reading, so that the recorder reads at most a fifth of the time', () => {
    const round = fc.record({
      spent: fc.integer({ min: 0, max: 5_000 }),
      rows: fc.integer({ min: 0, max: 9_000 }),
    });
    fc.assert(
      fc.property(fc.array(round), (rounds) => {
        const pace = new Pace(times);
        for (const one of rounds) {
          const pause = pace.after(one);
          expect(pause).toBeGreaterThanOrEqual(Math.max(500, 4 * one.spent));
          expect(pause).toBeLessThanOrEqual(Math.max(30_000, 4 * one.spent));
        }
      }),
    );
  });

  it('does not grow because a round reads many rows', () => {
    const pace = new Pace(times);
    for (let round = 0; round < 10; round += 1) expect(pace.after({ spent: 1_000, rows: 2_000 })).toBe(4_000);
  });

  it('grows to 30 seconds while the cell is slow, and a round compares and reads less', () => {
    const pace = new Pace(times);
    const [limit, nearIds] = [pace.limit, pace.nearIds];
    for (let round = 0; round < 10; round += 1) pace.after(slow);
    expect(pace.after(slow)).toBe(30_000);
    expect(pace.limit).toBeLessThan(limit);
    expect(pace.nearIds).toBeLessThan(nearIds);
    for (let round = 0; round < 10; round += 1) pace.after({ spent: 5, rows: 0 });
    expect(pace.after({ spent: 5, rows: 0 })).toBe(500);
    expect([pace.limit, pace.nearIds]).toEqual([limit, nearIds]);
  });

  it('grows to five seconds while the cell is unreachable', () => {
    const pace = new Pace(times);
    const pauses = Array.from({ length: 10 }, () => pace.afterFailure());
    expect(pauses.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    expect(pauses.at(-1)).toBe(5_000);
  });
});
