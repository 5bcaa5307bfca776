import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianPrograms } from '../test/support/process/debian.js';

/** What a server did under load. */
export interface Load {
  readonly requests: number;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** How many had no answer, or a refusal: then the other figures say little. */
  readonly refused: number;
}

/** What is asked: `GET` of any of the paths in a file, line by line, in random order. */
export interface Questions {
  readonly pathsFile: string;
  readonly token: string;
}

const SCRIPT = join(import.meta.dirname, 'load.lua');

/** Loads servers by `wrk`, which takes little of the cores that are measured. It is Debian's. */
export class LoadGenerator {
  private constructor(private readonly wrk: string) {}

  static async create(): Promise<LoadGenerator> {
    const { wrk } = await debianPrograms('wrk');
    return new LoadGenerator(wrk);
  }

  async run(
    url: string,
    { pathsFile, token }: Questions,
    { seconds, connections }: { seconds: number; connections: number },
  ): Promise<Load> {
    const words = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', SCRIPT, url];
    const env = { PATH: process.env.PATH, BENCH_PATHS: pathsFile, BENCH_TOKEN: token };
    const { stdout } = await promisify(execFile)(this.wrk, words, { env });
    const result = /^RESULT (.*)$/m.exec(stdout)?.[1];
    if (result === undefined) throw new Error(`wrk gave no result:\n${stdout}`);
    const { requests, microseconds, p50, p99, wrong } = JSON.parse(result) as Record<string, number>;
    return {
      requests: Number(requests),
      rate: (Number(requests) * 1e6) / Number(microseconds),
      p50: Number(p50) / 1000,
      p99: Number(p99) / 1000,
      refused: Number(wrong),
    };
  }
}
