import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. @throws Error when it is not for too long */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`it does not come about that ${what}`);
    await sleep(5);
  }
}
