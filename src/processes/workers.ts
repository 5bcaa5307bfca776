import cluster, { type Worker } from 'node:cluster';
import type { Settings } from '../config/settings.js';
import { SHUT_DOWN, PING, PONG } from './signals.js';
import { closeUndeliveredConnections } from './undelivered.js';

/** Two starts of the same worker are at least so far apart, in milliseconds. */
const RESTART_INTERVAL = 1_000;

/** How often the parent pings its workers, in milliseconds. */
const PING_INTERVAL = 1_000;

/** For how many more pings a worker may be silent while it starts: it loads everything and migrates the store. */
const STARTUP_PINGS = 60;

/** How much longer than SHUTDOWN_DELAY and SHUTDOWN_TIMEOUT a process may take to end, in milliseconds. */
export const SHUTDOWN_MARGIN = 4_000;

/** How much longer the parent waits for its workers, in milliseconds, so that each can report what it waits for. */
const PARENT_MARGIN = 500;

const SERVING = 'serving';

/** Reports to the parent process, if there is one, that this worker accepts requests on all its ports. */
export function reportServing(): void {
  process.send?.(SERVING);
}

interface WorkerState {
  /** As of `performance.now()`. */
  readonly startedAt: number;
  isServing: boolean;
  /** How many pings it has not answered. */
  unansweredPings: number;
  /** Whether the parent has killed it because it did not answer. */
  isStuck: boolean;
}

/** Serves in several processes that share the port, and replaces a worker that ends or no longer answers. */
export class Workers {
  private readonly workers = new Map<Worker, WorkerState>();
  private isShuttingDown = false;
  private exitCode = 0;
  /** For how many more pings the parent kills no other worker. */
  private pingsUntilNextKill = 0;

  constructor(
    private readonly settings: Pick<
      Settings,
      'WORKERS' | 'WORKER_TIMEOUT' | 'SHUTDOWN_DELAY' | 'SHUTDOWN_TIMEOUT'
    >,
  ) {}

  /**
   * The first worker migrates the store and shows whether the settings are valid; then the others start.
   *
   * @returns ends them all, and this process with them
   */
  start(): () => void {
    let isFirst = true;
    const ping = (): void => {
      this.ping();
    };
    cluster.on('message', (worker, message: unknown) => {
      const state = this.workers.get(worker);
      if (state !== undefined && message === PONG) state.unansweredPings = 0;
      if (state === undefined || message !== SERVING) return;
      state.isServing = true;
      this.pingsUntilNextKill = 0;
      if (!isFirst) return;
      isFirst = false;
      for (let others = this.settings.WORKERS - 1; others > 0; others -= 1) this.fork();
      // Not before: a migration may keep the first worker busy for long.
      if (this.settings.WORKER_TIMEOUT > 0) setInterval(ping, PING_INTERVAL).unref();
    });
    cluster.on('exit', (worker, code, signal) => {
      this.afterExit(worker, code, signal);
    });
    // A stopped worker would not notice that its parent has ended.
    process.on('exit', () => {
      for (const worker of this.workers.keys()) worker.process.kill('SIGKILL');
    });
    this.fork();
    return () => {
      this.end();
    };
  }

  private fork(): void {
    if (this.isShuttingDown) return;
    const worker = cluster.fork();
    worker.on('error', (error) => {
      // Any other error is about a message to a worker that has just died; `exit` reports that.
      if (worker.process.pid === undefined) this.forkLater(worker, error);
    });
    if (worker.process.pid === undefined) return;
    closeUndeliveredConnections(worker);
    this.workers.set(worker, {
      startedAt: performance.now(),
      isServing: false,
      unansweredPings: 0,
      isStuck: false,
    });
  }

  /**
   * Kills a worker that does not answer. Time is counted in pings, so it stands still while the parent does, as on a
   * machine that is suspended. Of several silent workers the next one is killed when a new worker serves, because the cause
   * may be the machine.
   */
  private ping(): void {
    this.pingsUntilNextKill -= 1;
    for (const [worker, state] of this.workers) {
      if (state.unansweredPings === 0 && worker.isConnected()) worker.send(PING);
      state.unansweredPings += 1;
      const limit = this.settings.WORKER_TIMEOUT + (state.isServing ? 0 : STARTUP_PINGS);
      if (state.unansweredPings <= limit || this.pingsUntilNextKill > 0 || state.isStuck) continue;
      this.pingsUntilNextKill = STARTUP_PINGS;
      state.isStuck = true;
      worker.process.kill('SIGKILL');
    }
  }

  /** Tries again after the system could not start a process, for lack of file descriptors or memory. */
  private forkLater(worker: Worker, error: Error): void {
    Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
    process.stderr.write(`cannot start a worker (${error.message}); trying again in a second\n`);
    setTimeout(() => {
      this.fork();
    }, RESTART_INTERVAL);
  }

  private afterExit(worker: Worker, code: number, signal: string | null): void {
    const state = this.workers.get(worker);
    if (state === undefined) return;
    this.workers.delete(worker);
    if (this.isShuttingDown) {
      // The parent itself kills workers that do not serve yet.
      if (state.isServing && code !== 0) this.exitCode = 1;
      if (this.workers.size === 0) process.exit(this.exitCode);
      return;
    }
    if (!state.isServing && this.workers.size === 0) {
      // A worker that exits by itself has printed why.
      if (signal !== null)
        process.stderr.write(`nova-action-log cannot start: a worker was ended by ${signal}\n`);
      process.exit(code || 1);
    }
    const reason = state.isStuck
      ? `did not answer for ${this.settings.WORKER_TIMEOUT} seconds or more and was killed`
      : `ended (${signal ?? `exit code ${code}`})`;
    process.stderr.write(`a worker ${reason}; another one takes its place\n`);
    setTimeout(
      () => {
        this.fork();
      },
      RESTART_INTERVAL - (performance.now() - state.startedAt),
    );
  }

  /** Asks each worker to shut down gracefully, and kills those that do not serve yet: they have no requests. */
  private end(): void {
    this.isShuttingDown = true;
    for (const [worker, { isServing }] of this.workers) {
      if (isServing && worker.isConnected()) worker.send(SHUT_DOWN);
      else worker.process.kill('SIGKILL');
    }
    if (this.workers.size === 0) process.exit(0);
    const { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT } = this.settings;
    setTimeout(
      () => {
        process.stderr.write(`nova-action-log kills ${this.workers.size} workers that do not end\n`);
        process.exit(1);
      },
      (SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT) * 1_000 + SHUTDOWN_MARGIN + PARENT_MARGIN,
    );
  }
}
