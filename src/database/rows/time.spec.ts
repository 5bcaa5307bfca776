import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { currentTime, isoSecond, isoTime, sortableTime } from './time.js';

describe('a raw time', () => {
  it.each([
    ['2024-02-29 23:59:59', '2024-02-29T23:59:59.000000'],
    ['2000-02-29 00:00:00.5', '2000-02-29T00:00:00.500000'],
    ['2026-12-31 01:02:03.123', '2026-12-31T01:02:03.123000'],
    ['2026-06-30 01:02:03.123456', '2026-06-30T01:02:03.123456'],
    ['0001-01-01 00:00:00', '0001-01-01T00:00:00.000000'],
    ['9999-12-31 23:59:59', '9999-12-31T23:59:59.000000'],
  ])('a raw time is shown with microseconds: %s', (raw, shown) => {
    expect(isoTime(raw)).toBe(shown);
  });

  it.each([
    '0000-00-00 00:00:00',
    '0000-00-00 00:00:00.000000',
    '0000-05-06 07:08:09',
    '2024-00-00 00:00:00',
    '2024-05-00 10:00:00',
    '2024-00-05 10:00:00.5',
    '2024-02-30 10:00:00',
    '2023-02-29 10:00:00',
    '1900-02-29 10:00:00',
    '2024-04-31 10:00:00',
  ])('a raw time that is not a valid date is shown as null: %s', (raw) => {
    expect(isoTime(raw)).toBeNull();
  });

  it.each([
    [null, null],
    ['2026-06-30 01:02:03.999999', '2026-06-30T01:02:03.000000'],
    ['2026-06-30 01:02:03.5', '2026-06-30T01:02:03.000000'],
    ['2026-06-30 01:02:03', '2026-06-30T01:02:03.000000'],
    ['2024-02-30 10:00:00.5', null],
  ])('a raw time can be shown without its fraction: %s', (raw, shown) => {
    expect(isoSecond(raw)).toBe(shown);
  });

  it('raw times sort in the same order as in the databases, even if they are not valid dates', () => {
    const sorted = [
      null,
      '0000-00-00 00:00:00',
      '2024-00-00 00:00:00.5',
      '2024-02-31 00:00:00',
      '2024-03-01 00:00:00',
    ];
    expect([...sorted].reverse().sort((a, b) => (sortableTime(a) < sortableTime(b) ? -1 : 1))).toEqual(
      sorted,
    );
    expect(sortableTime('2024-03-01 00:00:00')).toBe(sortableTime('2024-03-01 00:00:00.000'));
  });
});

describe('the current time', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('the current time is the time of the system clock, with microseconds', () => {
    const before = Date.now();
    const times = Array.from({ length: 1_000 }, currentTime);
    const after = Date.now();
    for (const time of times) {
      expect(time).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
      const milliseconds = Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`);
      expect(milliseconds).toBeGreaterThanOrEqual(before);
      expect(milliseconds).toBeLessThanOrEqual(after);
    }
    // Some times differ only in their microseconds.
    expect(new Set(times).size).toBeGreaterThan(new Set(times.map((time) => time.slice(0, 23))).size);
  });

  it('the current time follows the system clock when the clock is set', () => {
    currentTime();
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.UTC(2001, 1, 3, 4, 5, 6, 7));
    expect(currentTime()).toMatch(/^2001-02-03 04:05:06\.007\d{3}$/);
    clock.mockRestore();
    expect(currentTime().slice(0, 4)).toBe(String(new Date().getUTCFullYear()));
  });
});
