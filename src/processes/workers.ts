import cluster, { type Worker } from 'node:cluster';
import type { Settings } from '../config/settings.js';
import { SHUT_DOWN, PING, PONG } from './signals.js';
import { closeUndeliveredConnections } from './undelivered.js';

/** The minimum time between the start of a worker and the start of its replacement, in milliseconds. */
const RESTART_INTERVAL = 1_000;

/** The time between two pings that the parent process sends to its workers, in milliseconds. */
const PING_INTERVAL = 1_000;

/**
 * The number of pings that a worker may additionally leave unanswered while it starts: it then loads the service and
 * may migrate the database.
 */
const STARTUP_PINGS = 60;

/**
 * A process that shuts down exits after SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT and this time, even if a step of the shutdown
 * hangs. In milliseconds.
 */
export const SHUTDOWN_MARGIN = 4_000;

/**
 * During a shutdown, the parent process waits this much longer than its workers, in milliseconds. A worker that does
 * not shut down in time can then log the reason before the parent kills it.
 */
const PARENT_MARGIN = 500;

/** The message that a worker sends to its parent process as soon as the worker accepts requests. */
const SERVING = 'serving';

/** Notifies the parent process, if this process is a worker, that it accepts requests on all ports. */
export function reportServing(): void {
  process.send?.(SERVING);
}

interface WorkerState {
  /** The time at which the worker was started, on the clock of `performance.now()`. */
  readonly startedAt: number;
  isServing: boolean;
  /** The number of pings since the last response of the worker to a ping. */
  unansweredPings: number;
  /** True if the parent has killed the worker because the worker did not respond to pings. */
  isStuck: boolean;
}

/**
 * Runs several worker processes, which accept connections on the same port. Replaces a worker that exits or stops
 * responding.
 */
export class Workers {
  private readonly workers = new Map<Worker, WorkerState>();
  private isShuttingDown = false;
  private exitCode = 0;
  /** The number of pings after which the parent may kill another worker that does not respond. */
  private pingsUntilNextKill = 0;

  constructor(
    private readonly settings: Pick<
      Settings,
      'WORKERS' | 'WORKER_TIMEOUT' | 'SHUTDOWN_DELAY' | 'SHUTDOWN_TIMEOUT'
    >,
  ) {}

  /**
   * Starts the first worker, which migrates the database and checks the settings. When the first worker accepts
   * requests, starts the other workers.
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
      // The parent sends no pings before this point, because a migration may keep the first worker busy for a long
      // time.
      if (this.settings.WORKER_TIMEOUT > 0) setInterval(ping, PING_INTERVAL).unref();
    });
    cluster.on('exit', (worker, code, signal) => {
      this.afterExit(worker, code, signal);
    });
    // A worker that was stopped by SIGSTOP cannot detect that its parent has exited, so the parent kills all workers.
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
      // If the worker has no process id, it could not be started. If the worker has a process id, the error is about a
      // message to a worker that has just exited, which the `exit` event handles.
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
   * Pings all workers, and kills a worker that has left too many pings unanswered. The limit is a number of pings and
   * not a time: while the parent itself is stopped, for example because the machine is suspended, it sends no pings. If
   * several workers do not respond, the parent kills the next one only after a new worker accepts requests, or after
   * `STARTUP_PINGS` pings, because the cause may be a slow machine.
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

  /**
   * Tries again later to start a worker. The operating system may have too little memory or too few file descriptors to
   * start a process.
   */
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
      // The exit code of a worker that did not accept requests yet is ignored: this process has killed that worker
      // itself.
      if (state.isServing && code !== 0) this.exitCode = 1;
      if (this.workers.size === 0) process.exit(this.exitCode);
      return;
    }
    if (!state.isServing && this.workers.size === 0) {
      // A worker that exited without a signal has already logged the reason.
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

  /**
   * Starts the graceful shutdown of each worker. Kills workers that do not accept requests yet, because they have no
   * request to finish.
   */
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
