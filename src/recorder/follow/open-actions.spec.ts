import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RECORDER_TIMES } from '../recorder-times.js';
import { OpenActions, type Progress, progressOf } from './open-actions.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Returns the number of readings of an action in a time, if it is read whenever it is due. */
function readings(progress: Progress, from: number, to: number): number {
  const open = new OpenActions(RECORDER_TIMES);
  open.seen(1, progress, true, 0, 0);
  let count = 0;
  const step = (to - from) / 1_000;
  for (let now = from; now < to; now += step) {
    if (!open.due(now, 10).includes(1)) continue;
    open.seen(1, progress, false, now, now);
    count += 1;
  }
  return count;
}

describe('open actions', () => {
  it('are read in each round for ten minutes after their last change', () => {
    expect(readings('open', 0, 10 * MINUTE - 1)).toBe(1_000);
  });

  it('are read every 30 seconds on the first day, and every hour for 30 days', () => {
    expect(readings('open', 11 * MINUTE, 11 * MINUTE + 100 * 30_000)).toBeGreaterThanOrEqual(98);
    expect(readings('open', 11 * MINUTE, 11 * MINUTE + 100 * 30_000)).toBeLessThanOrEqual(101);
    expect(readings('open', 2 * DAY, 2 * DAY + 50 * HOUR)).toBeGreaterThanOrEqual(48);
    expect(readings('open', 2 * DAY, 2 * DAY + 50 * HOUR)).toBeLessThanOrEqual(51);
    expect(readings('open', 31 * DAY, 40 * DAY)).toBe(0);
  });

  it('without any event are read for an hour', () => {
    expect(readings('empty', 50 * MINUTE, 55 * MINUTE)).toBeGreaterThan(5);
    expect(readings('empty', 61 * MINUTE, 90 * MINUTE)).toBe(0);
  });

  it('that finish are not read any more', () => {
    const open = new OpenActions(RECORDER_TIMES);
    open.seen(1, 'open', true, 0, 0);
    open.seen(1, 'finished', true, 1, 1);
    expect(open.due(2, 10)).toEqual([]);
  });

  it('are all read in turn if there are more of them than a round may read', () => {
    const open = new OpenActions(RECORDER_TIMES);
    for (let id = 1; id <= 25; id += 1) open.seen(id, 'open', true, id, id);
    const read = new Set<number>();
    for (let now = 100; now < 103; now += 1) {
      const due = open.due(now, 10);
      expect(due).toHaveLength(10);
      for (const id of due) {
        read.add(id);
        open.seen(id, 'open', false, now, now);
      }
    }
    expect(read.size).toBe(25);
  });

  it('are in the table of open actions if their ids are old, and only then', () => {
    const step = fc.record({
      id: fc.integer({ min: 1, max: 12 }),
      progress: fc.constantFrom<Progress>('open', 'empty', 'finished'),
      hasChanged: fc.boolean(),
      isWritten: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step), fc.integer({ min: 0, max: 12 }), (steps, settled) => {
        const open = new OpenActions(RECORDER_TIMES);
        const table = new Map<number, number>();
        const state = new Map<number, Progress>();
        steps.forEach(({ id, progress, hasChanged, isWritten }, now) => {
          open.seen(id, progress, hasChanged, now, now);
          state.set(id, progress);
          if (!isWritten) return;
          const changes = open.changes(settled);
          for (const one of changes.added) table.set(one.id, one.changedAt);
          for (const removed of changes.removed) table.delete(removed);
          open.confirm(changes);
          const expected = [...state].filter(([one, is]) => one <= settled && is !== 'finished');
          expect([...table.keys()].sort()).toEqual(expected.map(([one]) => one).sort());
        });
      }),
    );
  });

  it('have an event that has not finished, or no event at all', () => {
    const action = { finish_time: null } as Parameters<typeof progressOf>[0]['action'];
    const event = (finish_time: string | null): Parameters<typeof progressOf>[0]['events'][number] =>
      ({ finish_time }) as Parameters<typeof progressOf>[0]['events'][number];
    const time = '2026-11-27 04:20:51';
    expect(progressOf({ action, events: [event(time), event(null)] })).toBe('open');
    expect(progressOf({ action, events: [event(time)] })).toBe('finished');
    expect(progressOf({ action, events: [] })).toBe('empty');
    expect(progressOf({ action: { ...action, finish_time: time }, events: [] })).toBe('finished');
  });
});
