import { describe, expect, it } from '@jest/globals';
import { isoTime, sortableTime } from './time.js';

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
