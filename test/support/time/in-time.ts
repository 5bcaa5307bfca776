import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What a busy machine may add to a time limit, in milliseconds. A test distinguishes a response in time from one that
 * never comes; it does not distinguish a fast machine from a slow one.
 */
export const BUSY_MACHINE_MARGIN = 10_000;

/** How many requests are sent in one round, how far apart in milliseconds, and how many rounds there are. */
const TRIES = 5;
const APART = 50;
const ROUNDS = 10;

/**
 * Sends a few requests, one soon after the other, until the median response of a round comes within a limit. A request
 * that waits for something unreachable is late in every round. On a busy machine some rounds are late, but not all.
 *
 * @param limit in milliseconds, less than any wait for something unreachable
 * @returns the median response of the first round in time
 * @throws Error when every round was late
 */
export async function medianWithin<T extends { readonly ms: number }>(
  limit: number,
  ask: () => Promise<T>,
): Promise<T> {
  const medians: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const tries = Array.from({ length: TRIES }, async (_, index) => {
      await sleep(index * APART);
      return ask();
    });
    const sorted = (await Promise.all(tries)).sort((one, other) => one.ms - other.ms);
    const median = sorted[Math.floor(TRIES / 2)] as T;
    if (median.ms < limit) return median;
    medians.push(Math.round(median.ms));
  }
  throw new Error(`no response within ${limit} ms: the median responses came after ${medians.join(', ')} ms`);
}
