import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { personaTokens } from '../../support/service/service.js';
import { until } from '../../support/time/until.js';
import type { FaultedService } from './service.js';

/** In milliseconds. */
const TWO_WITHIN = 20_000;
const A_MOMENT = 1_500;

/**
 * Waits until there are two workers that have answered from the embedded store. They open it when first asked, for good,
 * and before that for a moment while they start: so it is looked at twice.
 */
export async function untilTwoWorkersAnswer({ process }: FaultedService, storeFile: string): Promise<void> {
  const answering = async (): Promise<number> => {
    // Each over a new connection, which goes to the next worker.
    await Promise.allSettled([1, 2].map(() => process.ask(personaTokens['admin'] ?? '')));
    return process.children.filter((pid) => filesOf(pid).includes(storeFile)).length;
  };
  for (const after of [0, A_MOMENT]) {
    await sleep(after);
    await until(async () => (await answering()) === 2, 'there are two workers that answer', TWO_WITHIN);
  }
}

/** The paths of the files that a process has open; none where it has ended just now. */
function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  } catch {
    return [];
  }
}
