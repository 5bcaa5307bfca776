import { readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { personaTokens } from '../../support/service/service.js';
import { until } from '../../support/time/until.js';
import type { FaultedService } from './service.js';

/** The time within which two workers must respond, in milliseconds. */
const TWO_WORKERS_TIMEOUT = 20_000;
/**
 * The delay before the check is repeated, in milliseconds. A worker that starts opens the database briefly, so a single
 * check could be wrong.
 */
const RECHECK_DELAY = 1_500;

/**
 * Waits until two workers have responded to requests that read the SQLite database. A worker keeps the database file
 * open from its first request on.
 */
export async function untilTwoWorkersAnswer({ process }: FaultedService, storeFile: string): Promise<void> {
  const answering = async (): Promise<number> => {
    // Each request uses a new connection, and Node gives successive connections to different workers.
    await Promise.allSettled([1, 2].map(() => process.get(personaTokens['admin'] ?? '')));
    return process.children.filter((pid) => filesOf(pid).includes(storeFile)).length;
  };
  for (const after of [0, RECHECK_DELAY]) {
    await sleep(after);
    await until(
      async () => (await answering()) === 2,
      'two workers answer from the store',
      TWO_WORKERS_TIMEOUT,
    );
  }
}

/** Returns the paths of the open files of a process; an empty list if the process has exited. */
function filesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  try {
    return readdirSync(folder).map((name) => readlinkSync(join(folder, name)));
  } catch {
    return [];
  }
}
