import cluster, { type Worker } from 'node:cluster';
import type { Settings } from '../config/settings.js';
import { SHUT_DOWN, PING, PONG } from './signals.js';
import { closeUndeliveredConnections } from './undelivered.js';

/** The minimum time between two starts of the same worker, in milliseconds. */
const RESTART_INTERVAL = 1_000;

/** The time between two pings of the parent to its workers, in milliseconds. */
const PING_INTERVAL = 1_000;

/** The number of additional pings that a starting worker may leave unanswered while it loads and migrates the store. */
const STARTUP_PINGS = 60;

/** The time in addition to SHUTDOWN_DELAY and SHUTDOWN_TIMEOUT after which a process exits, in milliseconds. */
export const SHUTDOWN_MARGIN = 4_000;

/** The additional time that the parent waits, in milliseconds, so that each worker can log the reason for its delay. */
const PARENT_MARGIN = 500;

/** The message of a worker that accepts requests. */
const SERVING = 'serving';

/** Notifies the parent process, if there is one, that this worker accepts requests on all its ports. */
export function reportServing(): void {
  process.send?.(SERVING);
}

interface WorkerState {
  /** The start of the worker, on the clock of `performance.now()`. */
  readonly startedAt: number;
  isServing: boolean;
  /** The number of pings since its last response. */
  unansweredPings: number;
  /** True if the parent has killed it because it did not respond. */
  isStuck: boolean;
}

/** Runs several worker processes that share the port, and replaces a worker that exits or stops responding. */
export class Workers {
  private readonly workers = new Map<Worker, WorkerState>();
  private isShuttingDown = false;
  private exitCode = 0;
  /** The number of pings until the parent may kill another worker. */
  private pingsUntilNextKill = 0;

  constructor(
    private readonly settings: Pick<
      Settings,
      'WORKERS' | 'WORKER_TIMEOUT' | 'SHUTDOWN_DELAY' | 'SHUTDOWN_TIMEOUT'
    >,
  ) {}

  /**
   * Starts the first worker, which migrates the store and checks the settings. When it serves, starts the others.
   *
   * @returns a function that shuts down all workers and then this process
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
      // Pings start only now, because a migration may keep the first worker busy for a long time.
      if (this.settings.WORKER_TIMEOUT > 0) setInterval(ping, PING_INTERVAL).unref();
    });
    cluster.on('exit', (worker, code, signal) => {
      this.afterExit(worker, code, signal);
    });
    // A worker that is stopped (SIGSTOP) would not detect that its parent has exited.
    process.on('exit', () => {
      for (const worker of this.workers.keys()) worker.process.kill('SIGKILL');
    });
    this.fork();
    return () => {
      this.shutDown();
    };
  }

  private fork(): void {
    if (this.isShuttingDown) return;
    const worker = cluster.fork();
    worker.on('error', (error) => {
      // With a pid, the error is about a message to a worker that has just exited; the `exit` event handles that.
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
   * Pings all workers, and kills a worker that has not responded for too long. Time is counted in pings, so that it does
   * not pass while the parent is stopped, for example on a suspended machine. If several workers do not respond, kills
   * the next one only after a new worker serves, because a slow machine may be the cause.
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

  /** Retries after the system could not start a process, for example because it has no file descriptors or memory. */
  private forkLater(worker: Worker, error: Error): void {
    Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
    process.stderr.write(`cannot start a worker (${error.message}); retrying in one second\n`);
    setTimeout(() => {
      this.fork();
    }, RESTART_INTERVAL);
  }

  private afterExit(worker: Worker, code: number, signal: string | null): void {
    const state = this.workers.get(worker);
    if (state === undefined) return;
    this.workers.delete(worker);
    if (this.isShuttingDown) {
      // A worker that did not serve yet was killed by this process, so its exit code does not count.
      if (state.isServing && code !== 0) this.exitCode = 1;
      if (this.workers.size === 0) process.exit(this.exitCode);
      return;
    }
    if (!state.isServing && this.workers.size === 0) {
      // A worker that exits by itself has already logged the reason.
      if (signal !== null)
        process.stderr.write(`nova-action-log cannot start: a worker was terminated by ${signal}\n`);
      process.exit(code || 1);
    }
    const reason = state.isStuck
      ? `did not respond for ${this.settings.WORKER_TIMEOUT} seconds or more and was killed`
      : `exited (${signal ?? `exit code ${code}`})`;
    process.stderr.write(`a worker ${reason}; a new worker replaces it\n`);
    setTimeout(
      () => {
        this.fork();
      },
      RESTART_INTERVAL - (performance.now() - state.startedAt),
    );
  }

  /** Starts a graceful shutdown of each worker. Kills workers that do not serve yet, because they have no requests. */
  private shutDown(): void {
    this.isShuttingDown = true;
    for (const [worker, { isServing }] of this.workers) {
      if (isServing && worker.isConnected()) worker.send(SHUT_DOWN);
      else worker.process.kill('SIGKILL');
    }
    if (this.workers.size === 0) process.exit(0);
    const { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT } = this.settings;
    setTimeout(
      () => {
        process.stderr.write(
          `nova-action-log kills ${this.workers.size} workers that did not exit in time\n`,
        );
        process.exit(1);
      },
      (SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT) * 1_000 + SHUTDOWN_MARGIN + PARENT_MARGIN,
    );
  }
}
