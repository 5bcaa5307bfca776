import cluster, { type Worker } from 'node:cluster';
import type { Settings } from '../config/settings.js';
import { END, PING, PONG } from './signals.js';
import { closeUndelivered } from './undelivered.js';

/** A worker that ends sooner than this is not replaced before the time is over, in milliseconds. */
const SHORTEST_LIFE = 1_000;

/** How often the parent pings its workers, in milliseconds. */
const PING_EVERY = 1_000;

/** For how many pings more a worker may be silent that is starting, when it loads everything and migrates. */
const START_LIMIT = 60;

/** How much longer than SHUTDOWN_DELAY and SHUTDOWN_TIMEOUT a process may take to end, in milliseconds. */
export const END_MARGIN = 4_000;

/** By so much longer the parent waits for its workers, in milliseconds: each says best itself what it waits for. */
const PARENT_MARGIN = 500;

const SERVES = 'serves';

/** Tells the parent process, if there is one, that this worker takes requests from now on, on all its ports. */
export function tellThatItServes(): void {
  process.send?.(SERVES);
}

interface WorkerState {
  /** As of `performance.now()`. */
  readonly startedAt: number;
  serves: boolean;
  /** How many pings ago it answered last; 0 when it has answered the last one. */
  silence: number;
  /** Set once it is killed for its silence. */
  isStuck: boolean;
}

/** Serves in several processes that share the port. One that ends, or does not answer any more, is replaced. */
export class Workers {
  private readonly workers = new Map<Worker, WorkerState>();
  private isEnding = false;
  private exitCode = 0;
  /** For how many pings no further worker is killed. */
  private patience = 0;

  constructor(
    private readonly settings: Pick<
      Settings,
      'WORKERS' | 'WORKER_TIMEOUT' | 'SHUTDOWN_DELAY' | 'SHUTDOWN_TIMEOUT'
    >,
  ) {}

  /**
   * The first worker brings the store up to date, and shows whether the settings are any good; then come the others.
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
      if (state !== undefined && message === PONG) state.silence = 0;
      if (state === undefined || message !== SERVES) return;
      state.serves = true;
      this.patience = 0;
      if (!isFirst) return;
      isFirst = false;
      for (let others = this.settings.WORKERS - 1; others > 0; others -= 1) this.fork();
      // Not before: a migration may keep the first one from answering for long.
      if (this.settings.WORKER_TIMEOUT > 0) setInterval(ping, PING_EVERY).unref();
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
    if (this.isEnding) return;
    const worker = cluster.fork();
    worker.on('error', (error) => {
      // Any other error is about a message to a worker that has just died; `exit` reports that.
      if (worker.process.pid === undefined) this.forkLater(worker, error);
    });
    if (worker.process.pid === undefined) return;
    closeUndelivered(worker);
    this.workers.set(worker, { startedAt: performance.now(), serves: false, silence: 0, isStuck: false });
  }

  /**
   * Kills a worker that does not answer. Time is counted in pings that the parent has sent: while the parent itself stands
   * still, as on a machine that is suspended, it counts against nobody. Where several are silent, the next one
   * is killed when a new worker serves: what stops all of them may be the machine.
   */
  private ping(): void {
    this.patience -= 1;
    for (const [worker, state] of this.workers) {
      if (state.silence === 0 && worker.isConnected()) worker.send(PING);
      state.silence += 1;
      const limit = this.settings.WORKER_TIMEOUT + (state.serves ? 0 : START_LIMIT);
      if (state.silence <= limit || this.patience > 0 || state.isStuck) continue;
      this.patience = START_LIMIT;
      state.isStuck = true;
      worker.process.kill('SIGKILL');
    }
  }

  /** The process has no file descriptor left, or the system no room for another process. */
  private forkLater(worker: Worker, error: Error): void {
    Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
    process.stderr.write(`cannot start a worker (${error.message}); trying again in a second\n`);
    setTimeout(() => {
      this.fork();
    }, SHORTEST_LIFE);
  }

  private afterExit(worker: Worker, code: number, signal: string | null): void {
    const state = this.workers.get(worker);
    if (state === undefined) return;
    this.workers.delete(worker);
    if (this.isEnding) {
      // One that did not serve was killed by the parent.
      if (state.serves && code !== 0) this.exitCode = 1;
      if (this.workers.size === 0) process.exit(this.exitCode);
      return;
    }
    if (!state.serves && this.workers.size === 0) {
      // Unless it was killed it has said why.
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
      SHORTEST_LIFE - (performance.now() - state.startedAt),
    );
  }

  /** Each finishes its requests. One that does not serve yet has none, and may not hear; nobody waits for one that is stuck. */
  private end(): void {
    this.isEnding = true;
    for (const [worker, { serves }] of this.workers) {
      if (serves && worker.isConnected()) worker.send(END);
      else worker.process.kill('SIGKILL');
    }
    if (this.workers.size === 0) process.exit(0);
    const { SHUTDOWN_DELAY, SHUTDOWN_TIMEOUT } = this.settings;
    setTimeout(
      () => {
        process.stderr.write(`nova-action-log kills ${this.workers.size} workers that do not end\n`);
        process.exit(1);
      },
      (SHUTDOWN_DELAY + SHUTDOWN_TIMEOUT) * 1_000 + END_MARGIN + PARENT_MARGIN,
    );
  }
}
