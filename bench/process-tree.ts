import { readFileSync } from 'node:fs';
import { childrenOf } from '../test/support/process/process.js';

/** The resource usage of processes. */
export interface Usage {
  /** Resident memory in MiB. Memory that several processes share is counted for each. */
  readonly memory: number;
  /** CPU time so far, in microseconds. */
  readonly busy: number;
}

/** The units in /proc: a clock tick in microseconds, and memory pages of 4 KiB. */
const TICK_MICROSECONDS = 10_000;
const PAGES_PER_MIB = 256;

/** Returns the ids of a process and of its running descendants; an empty list if the process has exited. */
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
    // The third and further fields follow the process name, which may contain any character; see proc(5).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    busy += (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    memory += Number(fields[21]) / PAGES_PER_MIB;
  }
  return { memory, busy };
}
