import { describe, expect, it } from '@jest/globals';
import { seldom } from './seldom.js';
import { setTimeout as sleep } from 'node:timers/promises';

describe('seldom', () => {
  it('writes the first time, and then once in each period with how often it was meanwhile', async () => {
    const written: number[] = [];
    const happened = seldom((times) => written.push(times), 50);
    happened();
    happened();
    happened();
    expect(written).toEqual([1]);
    await sleep(60);
    happened();
    expect(written).toEqual([1, 3]);
  });
});
