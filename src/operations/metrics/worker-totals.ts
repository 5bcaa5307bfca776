import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, Counter, Registry } from 'prom-client';
import { PREFIX } from './metric-parts.js';
import { isMessage, type MetricsOfProcess } from './worker-messages.js';

/** How long a worker may take to tell its share, in milliseconds; of one that takes longer the last one counts. */
const TIME_LIMIT = 1_000;

/** Those that only grow. */
const TOTALS = new Set(['counter', 'histogram']);

/**
 * Puts the metrics of all workers together, in the process over them. What a worker had counted goes on counting when
 * it has ended: a total that shrinks would be taken for one that began anew, and its rate for a burst.
 */
export class WorkerTotals {
  private readonly shares = new Map<Worker, MetricsOfProcess>();
  /** What those had counted that have ended, added up. */
  private ended: Promise<MetricsOfProcess> = Promise.resolve([]);
  private readonly own = new Registry();
  private round = 0;
  private readonly waitingFor = new Set<Worker>();
  private done: () => void = () => undefined;
  private text: Promise<string> | undefined;

  /** Answers workers that want to know how all are, from now on. */
  listen(): void {
    const workersEnded = new Counter({
      name: `${PREFIX}workers_ended_total`,
      help: 'Workers that ended, and were replaced.',
      registers: [this.own],
    });
    cluster.on('message', (worker, message: unknown) => {
      if (isMessage(message, 'metrics:is-share')) {
        // What comes after its end has been counted already.
        if (worker.isDead()) return;
        this.shares.set(worker, message.metrics);
        if (message.round === this.round) this.heard(worker);
      } else if (isMessage(message, 'metrics:all')) {
        const { question } = message;
        const answer = (text: string): void => {
          if (worker.isConnected()) worker.send({ type: 'metrics:is-all', question, text });
        };
        // Whoever has no answer says so itself, after a while.
        this.all().then(answer, () => undefined);
      }
    });
    cluster.on('exit', (worker) => {
      workersEnded.inc();
      this.bury(worker);
    });
  }

  /** Asked by several at once, it is found out once. */
  private all(): Promise<string> {
    this.text ??= this.gather().finally(() => {
      this.text = undefined;
    });
    return this.text;
  }

  private async gather(): Promise<string> {
    this.round += 1;
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker?.isConnected() !== true) continue;
      this.waitingFor.add(worker);
      worker.send({ type: 'metrics:share', round: this.round });
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TIME_LIMIT);
      this.done = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.waitingFor.clear();
    // Both of the same moment: what leaves the one comes into the other.
    const shares = [...this.shares.values()];
    const ended = await this.ended;
    return AggregatorRegistry.aggregate([...shares, ended, await this.own.getMetricsAsJSON()]).metrics();
  }

  private heard(worker: Worker): void {
    if (this.waitingFor.delete(worker) && this.waitingFor.size === 0) this.done();
  }

  private bury(worker: Worker): void {
    const totals = this.shares.get(worker)?.filter(({ type }) => TOTALS.has(type)) ?? [];
    this.shares.delete(worker);
    this.heard(worker);
    this.ended = this.ended.then(async (ended) => {
      const sum = await AggregatorRegistry.aggregate([ended, totals]).getMetricsAsJSON();
      return sum as unknown as MetricsOfProcess;
    });
  }
}
