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
    const fields = statOf(pid);
    busy += (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
    memory += Number(fields[21]) / PAGES_PER_MIB;
  }
  return { memory, busy };
}

/** Returns the CPU time of the programs that this process has run and that have exited, in microseconds. */
export function usageOfChildren(): number {
  const fields = statOf('self');
  return (Number(fields[13]) + Number(fields[14])) * TICK_MICROSECONDS;
}

/**
 * Returns the fields of `/proc/<pid>/stat` after the process name, which is in parentheses and may contain any character,
 * even `) `. See proc(5).
 */
function statOf(pid: number | 'self'): string[] {
  return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
}
