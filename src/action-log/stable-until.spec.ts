import { expect, it } from '@jest/globals';
import type { LogCell } from '../ledger/cells/log-cells.js';
import { StableTimes } from './stable-until.js';

const ALL = { all: true } as const;
const PROJECT = { project: 'p' };
const AT_HEAD = { position: 7, head: 7 };

function time(second: number): string {
  return `2026-11-01 10:00:${String(second).padStart(2, '0')}.123456`;
}

function cell(completeUntil: string | null, isOpen = true): LogCell {
  return { number: 1, name: 'cell1', isOpen, completeUntil };
}

it('in an own store, a page contains all changes up to the longest transaction before the request', () => {
  expect(new StableTimes().of(time(30), [], AT_HEAD, ALL)).toEqual({ time: time(25), position: 7 });
});

it('beside Nova, a page contains all changes up to the last reading of the cell that was read first', () => {
  const cells = [cell(time(20)), cell(time(15)), cell(time(5), false)];
  expect(new StableTimes().of(time(30), cells, AT_HEAD, ALL).time).toBe(time(15));
});

it('while the recorder copies the past of a cell, the time is unknown', () => {
  for (const scope of [ALL, PROJECT])
    expect(new StableTimes().of(time(30), [cell(time(20)), cell(null)], AT_HEAD, scope).time).toBeNull();
});

it('while the search lacks entries, the time is that of an earlier page whose entries the search contains', () => {
  const times = new StableTimes();
  const timeOf = (now: number, position: number, head: number): unknown =>
    times.of(time(now), [], { position, head }, ALL).time;
  expect(timeOf(10, 3, 5)).toBeNull();
  expect(timeOf(11, 4, 6)).toBeNull();
  expect(timeOf(12, 5, 9)).toBe(time(5));
  expect(timeOf(13, 8, 9)).toBe(time(6));
  expect(timeOf(14, 9, 9)).toBe(time(9));
  expect(timeOf(15, 9, 11)).toBe(time(9));
});

it('in the scope of one project, the time does not show small delays, and there is no position', () => {
  const times = new StableTimes();
  const shown = { time: '2026-11-01 10:00:20.000', position: undefined };
  expect(times.of(time(35), [], AT_HEAD, PROJECT)).toEqual(shown);
  expect(times.of(time(36), [cell(time(27))], AT_HEAD, PROJECT)).toEqual(shown);
  expect(times.of(time(37), [], { position: 7, head: 9 }, PROJECT)).toEqual(shown);
});
