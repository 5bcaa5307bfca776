import { beforeEach, afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DatabaseUnavailable } from '../../database/connection/database.js';
import type { CellContext } from '../cell-context.js';
import { PastReader } from './past-reader.js';

const MAX_LIMIT = 400;

/** The snapshots of a test: their durations in milliseconds and sizes in bytes. `fails` means that the cell is down. */
interface Snapshots {
  duration: number;
  bytes: number;
  fails: boolean;
  /** The times at which the snapshots began. */
  readonly startedAt: number[];
}

let snapshots: Snapshots;
let stop: AbortController;
let reader: PastReader;
let pauses: number[];

beforeEach(() => {
  jest.useFakeTimers();
  jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  snapshots = { duration: 100, bytes: 0, fails: false, startedAt: [] };
  stop = new AbortController();
  pauses = [];
  const cell = {
    cell: { uuid: 'uuid' },
    store: { read: () => Promise.resolve({ position: 7 }) },
    reader: {
      snapshot: async (work: (snapshot: unknown) => Promise<unknown>) => {
        snapshots.startedAt.push(performance.now());
        if (snapshots.fails) throw new DatabaseUnavailable(new Error('down'));
        jest.advanceTimersByTime(snapshots.duration);
        return work({ bytes: snapshots.bytes });
      },
    },
  } as unknown as CellContext;
  reader = new PastReader(cell, stop.signal, 25, MAX_LIMIT, (milliseconds) => {
    pauses.push(milliseconds);
    jest.advanceTimersByTime(milliseconds);
    if (pauses.length === 9) snapshots.fails = false;
    return Promise.resolve();
  });
});

afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

/** Reads a number of times. */
async function read(times = 1): Promise<void> {
  for (let count = 0; count < times; count += 1) {
    expect(await reader.read(() => Promise.resolve('rows'))).toEqual({ head: 7, rows: 'rows' });
  }
}

/** Returns the times between the starts of the snapshots. */
function intervals(): number[] {
  return snapshots.startedAt.slice(1).map((time, index) => time - (snapshots.startedAt[index] ?? 0));
}

describe('the reading of old rows', () => {
  it('uses only its share of the time of the cell', async () => {
    await read(4);
    expect(intervals()).toEqual([400, 400, 400]);
  });

  it('reads fewer rows at a time while the cell is slow, and more again later', async () => {
    snapshots.duration = 500;
    await read(2);
    expect(reader.limit).toBe(100);
    await read(5);
    expect(reader.limit).toBe(50);
    snapshots.duration = 10;
    await read(1);
    expect(reader.limit).toBe(75);
    await read(10);
    expect(reader.limit).toBe(MAX_LIMIT);
  });

  it('reads fewer rows at a time while the rows have long texts', async () => {
    snapshots.bytes = 9 * 2 ** 20;
    await read(1);
    expect(reader.limit).toBe(MAX_LIMIT / 2);
  });

  it('is repeated with growing pauses while the cell is down', async () => {
    snapshots.fails = true;
    await read(1);
    expect(pauses).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('ends when the recorder stops', async () => {
    stop.abort();
    await expect(reader.read(() => Promise.resolve('rows'))).rejects.toHaveProperty('name', 'AbortError');
    expect(snapshots.startedAt).toEqual([]);
  });
});
