import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. @throws Error when it is not for too long @param limit in milliseconds */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  what: string,
  limit = 120_000,
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`it does not come about that ${what}`);
    await sleep(5);
  }
}
