import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition is true.
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
  const deadline = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not true within ${limit} ms: ${description}`);
    await sleep(5);
  }
}
