import { describe, expect, it } from '@jest/globals';
import { parsePythonTime, timeParts, pythonTime, utcTime } from './time.js';

describe("a time in Python's format", () => {
  it.each([
    ['2026-01-02 03:04:05', '2026-01-02 03:04:05'],
    ['2026-1-2 3:4:5', '2026-01-02 03:04:05'],
    ['2026-01- 2 03:04:05', '2026-01-02 03:04:05'],
    ['2026-01-02 \t\n\u001c\u0085\u00a003:04:05', '2026-01-02 03:04:05'],
    ['2024-02-29 23:59:59', '2024-02-29 23:59:59'],
    ['0001-01-01 00:00:00', '0001-01-01 00:00:00'],
    ['0099-01-01 00:00:00', '0099-01-01 00:00:00'],
    ['9999-12-31 23:59:59.999999', '9999-12-31 23:59:59'],
  ])("a time in Python's format is parsed: %j is %s", (text, time) => {
    const parsed = parsePythonTime(text);
    expect(parsed && pythonTime(parsed)).toBe(time);
  });

  it.each([
    ['2026-01-01 00:00:00.0', 0],
    ['2026-01-01 00:00:00.000000', 0],
    ['2026-01-01 00:00:00.000001', 500],
    ['2026-01-01 00:00:00.9', 500],
  ])(
    "any fraction other than zero in a time in Python's format counts as half a second: %s has %d ms",
    (text, milliseconds) => {
      expect(parsePythonTime(text)?.getUTCMilliseconds()).toBe(milliseconds);
    },
  );

  it.each([
    '',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01 00:00',
    '2026-01-01 00:00:00Z',
    '2026-01-01 00:00:00.',
    '2026-01-01 00:00:00.1234567',
    '2026-01-01 00:00:00\n',
    ' 2026-01-01 00:00:00',
    '2026-01-01  ',
    '2026-00-01 00:00:00',
    '2026-13-01 00:00:00',
    '2026-01-00 00:00:00',
    '2026-01-  2 00:00:00',
    '2026-01-32 00:00:00',
    '2026-02-29 00:00:00',
    '2026-01-01 24:00:00',
    '2026-01-01 00:60:00',
    '2026-01-01 00:00:60',
    '0000-01-01 00:00:00',
    '126-01-01 00:00:00',
    '02026-01-01 00:00:00',
    '+2026-01-01 00:00:00',
    '2026-01-01 00:00:0a',
  ])("a time in Python's format is rejected if Python cannot parse it: %j", (text) => {
    expect(parsePythonTime(text)).toBeUndefined();
  });
});

describe('a time made of parts', () => {
  it('a time made of parts may have a part that is too small or too large: the difference changes the next larger part', () => {
    expect(timeParts(utcTime(99, 2))).toEqual([99, 2, 1, 0, 0, 0]);
    expect(timeParts(utcTime(2026, 0))).toEqual([2025, 12, 1, 0, 0, 0]);
    expect(timeParts(utcTime(2026, 3, 0, 25, 61))).toEqual([2026, 3, 1, 2, 1, 0]);
    expect(timeParts(utcTime(2026, 1, 1, -1))).toEqual([2025, 12, 31, 23, 0, 0]);
  });
});
