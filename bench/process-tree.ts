import { readFileSync } from 'node:fs';
import { childrenOf } from '../test/support/process/process.js';

/** What processes take of the machine. */
export interface Usage {
  /** Resident, in MiB; what several of them share is counted for each. */
  readonly memory: number;
  /** Time on a core so far, in microseconds. */
  readonly busy: number;
}

/** Linux counts time in hundredths of a second, and memory in pages of 4 KiB. */
const TICK = 10_000;
const PAGES_PER_MIB = 256;

/** The process, and those that it has started and that still run. */
export function processTree(pid: number): number[] {
  try {
    return [pid, ...childrenOf(pid).flatMap(processTree)];
  } catch {
    return [];
  }
}

export function usageOf(pids: readonly number[]): Usage {
  let memory = 0;
  let busy = 0;
  for (const pid of pids) {
    // Behind the name, which may hold anything: the third field and those that follow, see proc(5).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    busy += (Number(fields[11]) + Number(fields[12])) * TICK;
    memory += Number(fields[21]) / PAGES_PER_MIB;
  }
  return { memory, busy };
}
