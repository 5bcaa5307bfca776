import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { throttle } from './throttle.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

it('a frequent event is written the first time, and then once in each period with its count', () => {
  const written: [times: number, name: string][] = [];
  const happened = throttle((times, name: string) => written.push([times, name]), 1_000);
  for (const name of ['a', 'b', 'c']) happened(name);
  expect(written).toEqual([[1, 'a']]);
  jest.advanceTimersByTime(999);
  happened('d');
  expect(written).toEqual([[1, 'a']]);
  jest.advanceTimersByTime(1);
  happened('e');
  expect(written).toEqual([
    [1, 'a'],
    [4, 'e'],
  ]);
});
