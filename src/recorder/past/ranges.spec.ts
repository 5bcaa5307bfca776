import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Range, rangesBetween, sourceOf, type Stage, withRanges } from './ranges.js';

const same = (id: number): { actions: number; events: number; servers: number } => ({
  ...{ actions: id, events: id, servers: id },
});

/** Interruptions: how many ids Nova then assigned, and how many of the pending ids of each stage were copied before. */
const interruptions = fc.array(
  fc.record({ assigned: fc.nat({ max: 30 }), copied: fc.array(fc.nat({ max: 20 }), { maxLength: 6 }) }),
  { minLength: 1, maxLength: 8 },
);

describe('the ranges of ids to copy', () => {
  it('contain each id that is not copied yet, after any number of interruptions', () => {
    fc.assert(
      fc.property(interruptions, (steps) => {
        let pending: Range[] = [];
        let high = 0;
        const copied = new Map<Stage, Set<number>>();
        for (const { assigned, copied: work } of steps) {
          // Nothing is settled: all ids are compared with the pending ranges.
          pending = [...pending, ...rangesBetween(same(0), same(high + assigned), pending)];
          pending.sort((one, other) => other.from - one.from);
          high += assigned;
          const ids = new Map<Stage, Set<number>>();
          for (const { stage, from, next } of pending) {
            const left = ids.get(stage) ?? new Set();
            for (let id = from + 1; id <= next; id += 1) left.add(id);
            ids.set(stage, left);
          }
          for (const [stage, left] of ids) {
            const done = copied.get(stage) ?? new Set();
            const all = Array.from({ length: high }, (_, index) => index + 1);
            expect(all.filter((id) => !left.has(id) && !done.has(id))).toEqual([]);
          }
          pending = pending.flatMap((range, index): Range[] => {
            const next = Math.max(range.from, range.next - (work[index % Math.max(1, work.length)] ?? 0));
            const done = copied.get(range.stage) ?? new Set();
            for (let id = next + 1; id <= range.next; id += 1) done.add(id);
            copied.set(range.stage, done);
            return next > range.from ? [{ ...range, next }] : [];
          });
        }
      }),
    );
  });

  it('begin with a progress of 0, and keep the progress while older ranges are pending', () => {
    const [range] = rangesBetween(same(10), same(30), []);
    expect(range).toEqual({ stage: 'actions', from: 10, to: 30, next: 30 });
    expect(withRanges({ total: 7, done: 7 }, [], [range as Range])).toEqual({ total: 20, done: 0 });
    expect(withRanges({ total: 7, done: 3 }, [range as Range], [])).toEqual({ total: 7, done: 3 });
  });

  it('do not count the ids of a search for a gap in the progress, because the search copies no rows', () => {
    const [range] = rangesBetween(same(10), same(30), []);
    const search: Range = { stage: 'gaps', from: 10, to: 30, next: 31 };
    expect(withRanges({ total: 7, done: 7 }, [], [range as Range, search])).toEqual({ total: 20, done: 0 });
  });

  it('are read from the main table or the shadow table that the name of the stage contains', () => {
    expect(sourceOf('shadow events')).toEqual({ table: 'events', isShadow: true });
    expect(sourceOf('servers')).toEqual({ table: 'servers', isShadow: false });
  });
});
