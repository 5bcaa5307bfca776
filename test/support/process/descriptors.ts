import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** How many descriptors a process has. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Sets the soft limit of a process that runs. */
export function limitDescriptors(pid: number, most: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${most}:`]);
}
