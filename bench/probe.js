/**
 * Loaded into a process under load: on SIGUSR2 it tells, in a line of the file named by `BENCH_PROBE`, the longest
 * stall of its event loop since the last time, in milliseconds; its own id it tells at once, in `<BENCH_PROBE>.pids`.
 * Where `BENCH_PROFILES` names a folder, it leaves a CPU profile there.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

// Beyond its resolution, in milliseconds, a delay is a stall.
const RESOLUTION = 1;
const { BENCH_PROBE: file = '', BENCH_PROFILES: folder = '' } = process.env;
appendFileSync(`${file}.pids`, `${process.pid}\n`);

const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
delay.enable();
process.on('SIGUSR2', () => {
  const stall = delay.max / 1e6 - RESOLUTION;
  delay.reset();
  appendFileSync(file, `${stall}\n`);
});

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
