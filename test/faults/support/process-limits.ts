import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorCount } from '../../support/process/descriptors.js';
import type { Usage } from './rows.js';

const MEBIBYTE = 1024 * 1024;

/** The memory control groups of Linux: version 1 and version 2. */
const GROUPS = [
  { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { folder: '/sys/fs/cgroup', limit: 'memory.max' },
];

/** Limits for the descriptors of one process and, if this machine allows it, for its memory. */
export class ProcessLimits {
  private readonly group: string | undefined;

  /** @param memory in MiB */
  constructor(
    private readonly descriptors: number,
    memory: number,
  ) {
    this.group = memoryGroup(memory * MEBIBYTE);
  }

  /** The command prefix that sets the limits and then runs the command. */
  get before(): string[] {
    const join = this.group === undefined ? '' : `echo $$ > ${this.group}/cgroup.procs && `;
    return ['sh', '-c', `${join}ulimit -n ${this.descriptors} && exec "$@"`, 'sh'];
  }

  /** Removes the control group. The process must have exited. */
  remove(): void {
    if (this.group !== undefined) rmdirSync(this.group);
  }
}

/** Creates a control group with a memory limit. @returns undefined if this is not possible */
function memoryGroup(bytes: number): string | undefined {
  const version = GROUPS.find(({ folder }) => existsSync(join(folder, 'cgroup.procs')));
  if (version === undefined) return undefined;
  const group = join(version.folder, `nova-action-log-${process.pid}`);
  try {
    mkdirSync(group);
    writeFileSync(join(group, version.limit), String(bytes));
    return group;
  } catch {
    return undefined;
  }
}

/** Returns the current resource usage of a process. @throws Error if the process has exited */
export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const inMebibytes = (name: string): number =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return {
    descriptors: descriptorCount(pid),
    memory: inMebibytes('VmRSS'),
    peak: inMebibytes('VmHWM'),
  };
}

/** Resets the peak memory usage that Linux records for a process. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
