import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { descriptorCount } from '../../support/process/descriptors.js';
import type { Usage } from './rows.js';

const MEBIBYTE = 1024 * 1024;

/** The control groups of Linux for memory, by their two versions. */
const GROUPS = [
  { folder: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { folder: '/sys/fs/cgroup', limit: 'memory.max' },
];

/** Limits for one process at a time: its descriptors and, where this machine lets one, its memory. */
export class ProcessLimits {
  private readonly group: string | undefined;

  /** @param memory in MiB */
  constructor(
    private readonly descriptors: number,
    memory: number,
  ) {
    this.group = memoryGroup(memory * MEBIBYTE);
  }

  /** Words to put before the command of the process. */
  get before(): string[] {
    const join = this.group === undefined ? '' : `echo $$ > ${this.group}/cgroup.procs && `;
    return ['sh', '-c', `${join}ulimit -n ${this.descriptors} && exec "$@"`, 'sh'];
  }

  /** Once the process has ended. */
  remove(): void {
    if (this.group !== undefined) rmdirSync(this.group);
  }
}

/** @returns undefined where no group can be made */
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

/** What a process uses now. @throws Error where it has ended */
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

/** Begins anew to look for the most memory that a process uses. */
export function resetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}
