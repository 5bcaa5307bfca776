import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a busy machine may add to a time limit, in milliseconds. A test tells an answer in time from one that waits for
 * what never comes; it does not tell a fast machine from a slow one.
 */
export const BUSY = 3_000;

/** In milliseconds, between two of several tries. */
const APART = 50;

/**
 * The middle one of several tries by time, begun one soon after the other: what waits for something waits more often
 * than not, what a busy machine held up does not.
 */
export async function middleOf<T extends { readonly ms: number }>(ask: () => Promise<T>): Promise<T> {
  const tries = [0, 1, 2, 3, 4].map(async (index) => {
    await sleep(index * APART);
    return ask();
  });
  const [, , middle] = (await Promise.all(tries)).sort((one, other) => one.ms - other.ms);
  return middle as T;
}
