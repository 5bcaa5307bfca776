import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Database } from '../../database/connection/database.js';
import { DailyRetention } from './daily-retention.js';

const HOUR = 3_600_000;

/** A store that is unreachable, and counts the attempts to write. */
class UnreachableStore {
  attempts = 0;

  write(): Promise<never> {
    this.attempts += 1;
    return Promise.reject(new Error('the store is unreachable'));
  }
}

describe('the daily retention', () => {
  let store: UnreachableStore;
  let retention: DailyRetention;
  let warnings: string[];

  beforeEach(() => {
    jest.useFakeTimers();
    warnings = [];
    jest.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => {
      warnings.push(String(text));
    });
    store = new UnreachableStore();
    retention = new DailyRetention(store as unknown as Database, 30);
  });

  afterEach(() => {
    retention.onApplicationShutdown();
    jest.useRealTimers();
    jest.restoreAllMocks();
  });

  it('the retention runs ten minutes after the start, and then once a day, also after a failure', async () => {
    await jest.advanceTimersByTimeAsync(599_000);
    expect(store.attempts).toBe(0);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(store.attempts).toBe(1);
    expect(warnings).toEqual([
      'the retention did not finish, and runs again later: the store is unreachable',
    ]);
    await jest.advanceTimersByTimeAsync(23 * HOUR);
    expect(store.attempts).toBe(1);
    await jest.advanceTimersByTimeAsync(HOUR);
    expect(store.attempts).toBe(2);
  });

  it('without the setting RETENTION, the retention never runs', async () => {
    new DailyRetention(store as unknown as Database, undefined);
    await jest.advanceTimersByTimeAsync(599_000);
    retention.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(48 * HOUR);
    expect(store.attempts).toBe(0);
  });

  it('the retention does not run after it was stopped', async () => {
    await jest.advanceTimersByTimeAsync(600_000);
    retention.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(48 * HOUR);
    expect(store.attempts).toBe(1);
  });
});
