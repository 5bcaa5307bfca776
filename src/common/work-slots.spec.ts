import { describe, expect, it } from '@jest/globals';
import { workSlot } from './work-slots.js';

/** Holds up the event loop for longer than a turn should last. */
function holdUp(): void {
  const until = performance.now() + 30;
  while (performance.now() < until);
}

/** A turn that has just begun. */
async function freshTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a turn of the event loop', () => {
  it('a turn of the event loop runs work at once while the turn is short', async () => {
    await freshTurn();
    expect([workSlot(), workSlot()]).toEqual([undefined, undefined]);
  });

  it('a long turn of the event loop defers further work, one piece to each of the next turns', async () => {
    await freshTurn();
    expect(workSlot()).toBeUndefined();
    holdUp();
    let turns = 0;
    const begun: number[] = [];
    const work = Array.from({ length: 3 }, async () => {
      await workSlot();
      begun.push(turns);
      holdUp();
    });
    const count = (): void => {
      turns += 1;
      if (begun.length < work.length) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(work);
    expect(new Set(begun).size).toBe(3);
    expect(begun).toEqual([...begun].sort((one, other) => one - other));
  });
});
