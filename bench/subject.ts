import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, type Usage, usageOf } from './process-tree.js';
import { type Environment, ServiceProcess } from '../test/support/process/process.js';
import { WorkingFolder } from '../test/support/process/working-folder.js';

/** The resource usage of a server with all its processes. */
export interface Health extends Usage {
  /**
   * The longest stall of an event loop since the previous call of `health`, in milliseconds. It is undefined for a
   * server that does not load probe.js.
   */
  readonly stall: number | undefined;
}

const PROBE = join(import.meta.dirname, 'probe.js');

/** A server that is measured. */
export interface Subject {
  readonly name: string;
  readonly url: string;
  /** Returns the resource usage. The next call reports only stalls after this call. */
  health(): Promise<Health>;
  stop(): Promise<void>;
}

/** A server in a separate process. This process and its child processes load probe.js, which measures stalls. */
export class ProbedProcess implements Subject {
  private constructor(
    readonly name: string,
    readonly url: string,
    /** The time from the launch until the server listens, in milliseconds. */
    readonly startTime: number,
    private readonly process: ServiceProcess,
    private readonly probeFile: string,
    private readonly remove: () => Promise<void>,
  ) {}

  /**
   * Starts the service that `npm run build` built.
   *
   * @param program a file in `dist/`, or the path of the main program of another build
   */
  static async service(name: string, environment: Environment, program = 'main.js'): Promise<ProbedProcess> {
    const workplace = await WorkingFolder.create();
    const probed = probe(environment);
    const process = workplace.launch({ LOG_LEVEL: 'error', ...probed.environment }, { program });
    return ProbedProcess.listening(name, process, probed.file, () => workplace.remove());
  }

  /** Starts the hand-written server of floor.ts. */
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
    const before = linesOf(this.probeFile).length;
    const probed = new Set(linesOf(`${this.probeFile}.pids`).map(Number));
    const pids = processTree(this.process.pid).filter((pid) => probed.has(pid));
    for (const pid of pids) process.kill(pid, 'SIGUSR2');
    while (linesOf(this.probeFile).length < before + pids.length) await sleep(20);
    const stalls = linesOf(this.probeFile).slice(before).map(Number);
    return { ...usageOf(pids), stall: Math.max(...stalls) };
  }

  /** Shuts the server down gracefully, so that probe.js can write its CPU profile. */
  async stop(): Promise<void> {
    this.process.signal('SIGTERM');
    await this.process.exited();
    await this.remove();
    rmSync(join(this.probeFile, '..'), { recursive: true });
  }
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
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
