import { describe, expect, it } from '@jest/globals';
import { workSlot } from './work-slots.js';

/** Blocks the event loop for longer than `workSlot` permits for one iteration. */
function block(): void {
  const until = performance.now() + 30;
  while (performance.now() < until);
}

/** Waits for the start of a new iteration of the event loop. */
async function newIteration(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

describe('workSlot', () => {
  it('workSlot lets work start immediately if the current iteration of the event loop has been short so far', async () => {
    await newIteration();
    expect([workSlot(), workSlot()]).toEqual([undefined, undefined]);
  });

  it('workSlot delays work if the current iteration of the event loop has been long, and starts one waiting task in each later iteration', async () => {
    await newIteration();
    expect(workSlot()).toBeUndefined();
    block();
    let iterations = 0;
    const started: number[] = [];
    const work = Array.from({ length: 3 }, async () => {
      await workSlot();
      started.push(iterations);
      block();
    });
    const count = (): void => {
      iterations += 1;
      if (started.length < work.length) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(work);
    expect(new Set(started).size).toBe(3);
    expect(started).toEqual([...started].sort((one, other) => one - other));
  });
});
