import { setTimeout as sleep } from 'node:timers/promises';

/** The minimum and the maximum time between two checks of a condition, in milliseconds. */
const MIN_INTERVAL = 5;
const MAX_INTERVAL = 100;

/**
 * Waits until a condition is true. A check may be a request that needs much CPU time, so the checks become rarer, but
 * the wait becomes at most a twentieth longer.
 *
 * @param description the condition in words, for the error message, such as "a request is logged"
 * @param limit in milliseconds
 * @throws Error if the condition is still false after this time
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  description: string,
  limit = 120_000,
): Promise<void> {
  const start = performance.now();
  while (!(await condition())) {
    const waited = performance.now() - start;
    if (waited > limit) throw new Error(`not true within ${limit} ms: ${description}`);
    await sleep(Math.min(Math.max(MIN_INTERVAL, waited / 20), MAX_INTERVAL));
  }
}
