import { afterEach, describe, expect, it, jest } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { errorText } from '../../common/error-text.js';
import { DatabaseHost } from './database-host.js';

/** A DataSource that finishes connecting only when a test calls `connect`. */
class SlowSource {
  readonly driver = {};
  readonly destroy = jest.fn(() => Promise.resolve());
  connect: () => void = () => undefined;
  private readonly connected = new Promise<void>((resolve) => {
    this.connect = resolve;
  });

  initialize(): Promise<void> {
    return this.connected;
  }
}

function hostOf(source: SlowSource): DatabaseHost {
  return new DatabaseHost('the host', { open: () => source as unknown as DataSource });
}

/** Runs a query whose deadline is in ten seconds. @returns `answered`, or the message of the error */
function runQuery(host: DatabaseHost): Promise<string> {
  const deadline = performance.now() + 10_000;
  return host.run(deadline, () => Promise.resolve('answered'), 9_000).catch(errorText);
}

afterEach(() => {
  jest.useRealTimers();
});

describe('a connection without a waiting request', () => {
  it('a connection without a waiting request is closed if it opens after the time limit', async () => {
    jest.useFakeTimers();
    const source = new SlowSource();
    const outcome = runQuery(hostOf(source));
    await jest.advanceTimersByTimeAsync(3_001);
    expect(await outcome).toBe('no response in time');
    expect(source.destroy).not.toHaveBeenCalled();
    source.connect();
    await jest.advanceTimersByTimeAsync(1);
    expect(source.destroy).toHaveBeenCalledTimes(1);
  });

  it('a connection without a waiting request is closed if the host was closed meanwhile', async () => {
    const source = new SlowSource();
    const host = hostOf(source);
    const outcome = runQuery(host);
    await host.close();
    source.connect();
    expect(await outcome).toBe('the host is closed');
    expect(source.destroy).toHaveBeenCalledTimes(1);
  });

  it('a connection without a waiting request stays open if it opens in time', async () => {
    const source = new SlowSource();
    const host = hostOf(source);
    const outcome = runQuery(host);
    source.connect();
    expect(await outcome).toBe('answered');
    expect(source.destroy).not.toHaveBeenCalled();
    await host.close();
    expect(source.destroy).toHaveBeenCalledTimes(1);
  });
});
