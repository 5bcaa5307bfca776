import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { throttle } from './throttle.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

it('throttle logs the first event immediately, and later at most one line per interval with the number of events', () => {
  const written: [times: number, name: string][] = [];
  const onEvent = throttle((times, name: string) => written.push([times, name]), 1_000);
  for (const name of ['a', 'b', 'c']) onEvent(name);
  expect(written).toEqual([[1, 'a']]);
  jest.advanceTimersByTime(999);
  onEvent('d');
  expect(written).toEqual([[1, 'a']]);
  jest.advanceTimersByTime(1);
  onEvent('e');
  expect(written).toEqual([
    [1, 'a'],
    [4, 'e'],
  ]);
});
