import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, ServiceProcess, Workplace } from '../test/support/process.js';

/** What a process says of itself. */
export interface Health {
  /** Resident, in MiB. */
  readonly memory: number;
  /** The longest stall of the event loop since the last time, in milliseconds. */
  readonly stall: number;
  /** Its time on a core since the last time, in microseconds. */
  readonly busy: number;
}

const PROBE = join(import.meta.dirname, 'probe.js');

/** A server under load. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  /** What it says of itself, if it can; asking also begins the next time span. */
  health(): Promise<Health | undefined>;
  stop(): Promise<void>;
}

/** A server as a process of its own, with a probe in it. */
export class ProbedProcess implements Subject {
  private constructor(
    readonly name: string,
    readonly url: string,
    /** From its launch until it listened, in milliseconds. */
    readonly startTime: number,
    private readonly process: ServiceProcess,
    private readonly probeFile: string,
    private readonly remove: () => Promise<void>,
  ) {}

  /** Starts the service, built as it ships. */
  static async service(name: string, environment: Environment): Promise<ProbedProcess> {
    const place = await Workplace.create();
    const probed = probe(environment);
    const process = place.launch({ LOG_LEVEL: 'error', ...probed.environment });
    return ProbedProcess.listening(name, process, probed.file, () => place.remove());
  }

  /** Starts the hand-written server. */
  static async floor(name: string, database: string): Promise<ProbedProcess> {
    const { environment, file } = probe({ FLOOR_DATABASE: database });
    const script = join(import.meta.dirname, 'floor.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script], {
      env: { ...environment, PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => child.kill('SIGKILL'));
    const floor = new ServiceProcess(child);
    return ProbedProcess.listening(name, floor, file, () => floor.kill());
  }

  private static async listening(
    name: string,
    process: ServiceProcess,
    probeFile: string,
    remove: () => Promise<void>,
  ): Promise<ProbedProcess> {
    try {
      const url = await process.url();
      return new ProbedProcess(name, url, Date.now() - process.launchedAt, process, probeFile, remove);
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async health(): Promise<Health> {
    const before = this.told().length;
    this.process.signal('SIGUSR2');
    for (;;) {
      const last = this.told()[before];
      if (last !== undefined) return JSON.parse(last) as Health;
      await sleep(20);
    }
  }

  /** In order, so that profiles are written. */
  async stop(): Promise<void> {
    this.process.signal('SIGTERM');
    await this.process.ended();
    await this.remove();
    rmSync(join(this.probeFile, '..'), { recursive: true });
  }

  private told(): string[] {
    if (!existsSync(this.probeFile)) return [];
    return readFileSync(this.probeFile, 'utf8').split('\n').slice(0, -1);
  }
}

function probe(environment: Environment): { environment: Environment; file: string } {
  const file = join(mkdtempSync(join(tmpdir(), 'probe-')), 'health.jsonl');
  return {
    file,
    environment: {
      ...environment,
      BENCH_PROBE: file,
      NODE_OPTIONS: `--import ${PROBE} ${process.env.BENCH_NODE_OPTIONS ?? ''}`,
    },
  };
}
