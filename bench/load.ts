import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPrograms } from '../test/support/process/debian.js';

/** The results of one run of the load generator. */
export interface Load {
  readonly requests: number;
  /** Requests per second. */
  readonly rate: number;
  /** The median response time, in milliseconds. `p99`: the 99th percentile. */
  readonly p50: number;
  readonly p99: number;
  /** The number of failed requests. If it is not 0, the other results are not meaningful. */
  readonly failed: number;
}

/**
 * A token, and a file with one path on each line. For each GET request, the load generator chooses a line at random.
 */
export interface RequestSet {
  readonly pathsFile: string;
  readonly token: string;
}

const SCRIPT = join(import.meta.dirname, 'load.lua');

/** A load generator: Debian's `wrk`, which needs little CPU time. */
export class LoadGenerator {
  private constructor(private readonly wrk: string) {}

  static async create(): Promise<LoadGenerator> {
    const { wrk } = await debianPrograms('wrk');
    return new LoadGenerator(wrk);
  }

  async run(
    url: string,
    { pathsFile, token }: RequestSet,
    { seconds, connections }: { seconds: number; connections: number },
  ): Promise<Load> {
    const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, url];
    const env = { PATH: process.env.PATH, BENCH_PATHS: pathsFile, BENCH_TOKEN: token };
    const { stdout } = await promisify(execFile)(this.wrk, options, { env });
    const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
    if (result === undefined) throw new Error(`wrk printed no result:\n${stdout}`);
    const { requests, microseconds, p50, p99, wrong } = JSON.parse(result) as Record<string, number>;
    return {
      requests: Number(requests),
      rate: (Number(requests) * 1e6) / Number(microseconds),
      p50: Number(p50) / 1000,
      p99: Number(p99) / 1000,
      failed: Number(wrong),
    };
  }
}
