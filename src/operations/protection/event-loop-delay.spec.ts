import { describe, expect, it } from '@jest/globals';
import { EventLoopDelay } from './event-loop-delay.js';

describe('EventLoopDelay', () => {
  /**
   * Makes the timer fire after each of the intervals, in milliseconds. @returns the measured delay after each interval
   */
  function delaysAfter(intervals: readonly number[]): number[] {
    let clock = 1_000;
    const delay = new EventLoopDelay(() => clock);
    delay.start();
    delay.stop();
    return intervals.map((interval) => {
      clock += interval;
      delay.tick();
      return delay.delay;
    });
  }

  it('the delay of the event loop is zero while timers fire on time', () => {
    expect(Math.max(...delaysAfter(Array<number>(200).fill(20)))).toBe(0);
  });

  it('the delay of the event loop is the delay of the timers if every iteration is late', () => {
    expect(delaysAfter([1_220, 1_220, 1_220])).toEqual([0, 1_200, 1_200]);
    expect(delaysAfter(Array<number>(20).fill(120)).at(-1)).toBe(100);
  });

  it('the delay of the event loop falls to zero after timers have fired on time for half a second', () => {
    expect(delaysAfter([1_220, 1_220, ...Array<number>(25).fill(20)]).at(-1)).toBe(0);
  });

  it.each([10_000, 3_600_000])(
    'the delay of the event loop remains zero after a single pause of %d ms',
    (pause) => {
      const onTime = Array<number>(60).fill(20);
      expect(Math.max(...delaysAfter([...onTime, pause, ...onTime]))).toBe(0);
      // The measurement may also begin with a pause.
      expect(Math.max(...delaysAfter([pause, ...onTime]))).toBe(0);
    },
  );

  it('the delay of the event loop is zero at the start of each measurement', () => {
    let clock = 0;
    const delay = new EventLoopDelay(() => clock);
    const lateTick = (): void => {
      clock += 2_020;
      delay.tick();
    };
    delay.start();
    lateTick();
    lateTick();
    expect(delay.delay).toBe(2_000);
    delay.start();
    delay.stop();
    lateTick();
    expect(delay.delay).toBe(0);
  });
});
