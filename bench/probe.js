/**
 * A probe that is loaded into a process under load. At the start it appends the process id to the file
 * `<BENCH_PROBE>.pids`. On SIGUSR2 it appends the longest stall of the event loop since the previous signal, in
 * milliseconds, to the file `BENCH_PROBE`. If `BENCH_PROFILES` is a folder, it writes a CPU profile there at exit.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

// The resolution of the monitor in milliseconds. A stall is the part of a delay above it.
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
