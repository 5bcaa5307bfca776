import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until a condition is true.
 *
 * @param description names the condition in the error, as in "a request is logged"
 * @param limit in milliseconds
 * @throws Error if the condition is still false at the limit
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
