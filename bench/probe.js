/**
 * Loaded into a process under load: on SIGUSR2 it tells, in a line of the file named by `BENCH_PROBE`, its resident
 * memory in MiB, and since the last time the longest stall of its event loop in milliseconds and its time on a core in
 * microseconds. Where `BENCH_PROFILES`
 * names a folder, it leaves a CPU profile there.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

// Beyond its resolution, in milliseconds, a delay is a stall.
const RESOLUTION = 1;
const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
let before = process.cpuUsage();
process.on('SIGUSR2', () => {
  const memory = process.memoryUsage.rss() / 2 ** 20;
  const stall = delay.max / 1e6 - RESOLUTION;
  delay.reset();
  const { user, system } = process.cpuUsage(before);
  before = process.cpuUsage();
  appendFileSync(
    process.env.BENCH_PROBE ?? '',
    `${JSON.stringify({ pid: process.pid, memory, stall, busy: user + system })}\n`,
  );
});

const { BENCH_PROFILES: folder = '' } = process.env;
if (folder !== '') {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.on('exit', () => {
    session.post('Profiler.stop', (_error, { profile }) => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${process.pid}.cpuprofile`), JSON.stringify(profile));
    });
  });
}
