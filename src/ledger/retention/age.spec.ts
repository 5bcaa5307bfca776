import { expect, it } from '@jest/globals';
import { horizonOf, isTooOld } from './age.js';

const HORIZON = '2026-03-02 00:00:00.000000';
const row = (updated_at: string | null, finish_time: string | null = null) => ({
  ...{ created_at: null, start_time: null },
  ...{ updated_at, finish_time },
});

it.each([
  { rows: [row('2026-03-01 23:59:59')], isOld: true },
  { rows: [row('2026-03-02 00:00:00')], isOld: false },
  { rows: [row('2026-03-01 10:00:00'), row(null, '2026-03-02 10:00:00')], isOld: false },
  { rows: [row(null)], isOld: false },
])('an action is too old if all times of its rows are before the horizon: $rows', ({ rows, isOld }) => {
  expect(isTooOld(rows, HORIZON)).toBe(isOld);
});

it('the horizon is the given number of days before now', () => {
  expect(horizonOf(30, Date.UTC(2026, 2, 31))).toBe('2026-03-01 00:00:00.000000');
});
