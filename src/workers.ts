import cluster, { type Worker } from 'node:cluster';
import { closeUndelivered } from './undelivered.js';

/** A worker that ends sooner than this is not replaced before the time is over, in milliseconds. */
const SHORTEST_LIFE = 1_000;

const END = 'end';
const SERVES = 'serves';

/** Tells the process over this one, if there is one, that requests are taken from now on: on all ports that there are. */
export function tellThatItServes(): void {
  process.send?.(SERVES);
}

/**
 * Calls back once this process is told to end: by a signal, of which a second one ends it at once; or, where it is one
 * of several workers, by the process over them. That has the signals for all, however many of them they reach.
 */
export function onEnd(end: () => void): void {
  if (cluster.isWorker) {
    process.on('message', (message) => {
      if (message === END) end();
    });
    ignoreSignals();
    return;
  }
  let isEnding = false;
  const onSignal = (): void => {
    if (isEnding) process.exit(1);
    isEnding = true;
    end();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

function ignoreSignals(): void {
  process.on('SIGTERM', () => undefined);
  process.on('SIGINT', () => undefined);
}

/** Serves in several processes that share the port. One that ends by itself is replaced. */
export class Workers {
  private readonly startedAt = new Map<Worker, number>();
  private readonly serving = new Set<Worker>();
  private isEnding = false;

  constructor(private readonly count: number) {}

  /** The first one brings the store up to date, and shows whether the settings are any good; then come the others. */
  start(): void {
    onEnd(() => {
      this.end();
    });
    let isFirst = true;
    cluster.on('message', (worker, message: unknown) => {
      if (message !== SERVES) return;
      this.serving.add(worker);
      if (isFirst) for (let others = this.count - 1; others > 0; others -= 1) this.fork();
      isFirst = false;
    });
    cluster.on('exit', (worker, code, signal) => {
      this.afterExit(worker, code, signal);
    });
    this.fork();
  }

  private fork(): void {
    if (this.isEnding) return;
    const worker = cluster.fork();
    worker.on('error', (error) => {
      // Any other error is of a message to a worker that has just died, which `exit` tells of.
      if (worker.process.pid === undefined) this.forkLater(worker, error);
    });
    if (worker.process.pid === undefined) return;
    closeUndelivered(worker);
    this.startedAt.set(worker, performance.now());
  }

  /** The process has no file descriptor left, or the system no room for another process. */
  private forkLater(worker: Worker, error: Error): void {
    Reflect.deleteProperty(cluster.workers ?? {}, worker.id);
    process.stderr.write(`a worker cannot be started (${error.message}); it is tried again\n`);
    setTimeout(() => {
      this.fork();
    }, SHORTEST_LIFE);
  }

  private afterExit(worker: Worker, code: number, signal: string | null): void {
    const lived = performance.now() - (this.startedAt.get(worker) ?? 0);
    this.startedAt.delete(worker);
    const hasServed = this.serving.delete(worker);
    if (this.isEnding) {
      if (this.startedAt.size === 0) process.exit(0);
      return;
    }
    if (!hasServed && this.startedAt.size === 0) {
      // Unless it was killed it has said why.
      if (signal !== null)
        process.stderr.write(`nova-action-log cannot start: a worker was ended by ${signal}\n`);
      process.exit(code || 1);
    }
    process.stderr.write(`a worker ended (${signal ?? `exit code ${code}`}); another one takes its place\n`);
    setTimeout(() => {
      this.fork();
    }, SHORTEST_LIFE - lived);
  }

  /** Each finishes what it has under way. One that does not serve yet has nothing, and may not hear. */
  private end(): void {
    this.isEnding = true;
    for (const worker of this.startedAt.keys()) {
      if (this.serving.has(worker) && worker.isConnected()) worker.send(END);
      else worker.process.kill('SIGKILL');
    }
    if (this.startedAt.size === 0) process.exit(0);
  }
}
