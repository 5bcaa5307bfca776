/**
 * A script that measures stalls of the event loop. Each process of a measured server loads it. BENCH_PROBE is the path
 * of a file. At the start, the script appends the process id to the file `<BENCH_PROBE>.pids`. On SIGUSR2, it appends
 * the longest stall since the previous signal to the file BENCH_PROBE, in milliseconds. If BENCH_PROFILES is set, the
 * script writes a CPU profile into this folder when the process exits.
 */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

// The resolution of Node's delay monitor, in milliseconds. Each measured delay is too long by this time.
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
