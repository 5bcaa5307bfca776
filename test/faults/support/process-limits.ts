import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorCount } from '../../support/process/descriptors.js';
import type { Usage } from './rows.js';

const MEBIBYTE = 1024 * 1024;

/** The folders for memory control groups of Linux, in version 1 and in version 2. */
const GROUPS = [
  { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { folder: '/sys/fs/cgroup', limit: 'memory.max' },
];

/** Limits the number of file descriptors of a process and, if this machine allows it, the memory of the process. */
export class ProcessLimits {
  private readonly group: string | undefined;

  /** @param memory in MiB */
  constructor(
    private readonly descriptors: number,
    memory: number,
  ) {
    this.group = memoryGroup(memory * MEBIBYTE);
  }

  /** The start of a command line, to which a command can be appended. The command runs with these limits. */
  get before(): string[] {
    const join = this.group === undefined ? '' : `echo $$ > ${this.group}/cgroup.procs && `;
    return ['sh', '-c', `${join}ulimit -n ${this.descriptors} && exec "$@"`, 'sh'];
  }

  /** Removes the control group. This works only after the process has exited. */
  remove(): void {
    if (this.group !== undefined) rmdirSync(this.group);
  }
}

/**
 * Creates a control group with a memory limit.
 *
 * @returns the path of the group; undefined if this machine does not allow it
 */
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

/** Resets the highest memory usage that Linux has recorded for a process. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
