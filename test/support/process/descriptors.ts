import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

/** Returns the number of open file descriptors of a process. */
export function descriptorCount(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Sets the maximum number of open file descriptors of a running process (its soft limit). */
export function limitDescriptors(pid: number, limit: number): void {
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${limit}:`]);
}
