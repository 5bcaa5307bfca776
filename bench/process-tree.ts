import { readFileSync } from 'node:fs';
import { childrenOf } from '../test/support/process/process.js';

/** The resource usage of processes. */
export interface Usage {
  /** Resident memory in MiB. Memory that several processes share is counted once for each process. */
  readonly memory: number;
  /** CPU time since the start of the processes, in microseconds. */
  readonly busy: number;
}

/** The units in /proc. A clock tick is 10,000 microseconds; a memory page has 4 KiB. */
const TICK_MICROSECONDS = 10_000;
const PAGES_PER_MIB = 256;

/** Returns the ids of a running process and of all its descendants. The list is empty if the process has exited. */
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
    // In /proc/<pid>/stat, the process name is in parentheses and may contain any character, even `) `. Therefore the
    // fields are counted from the last `) `; see proc(5).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    busy += (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    memory += Number(fields[21]) / PAGES_PER_MIB;
  }
  return { memory, busy };
}
