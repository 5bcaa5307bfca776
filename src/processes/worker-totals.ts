import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, Counter, Registry } from 'prom-client';
import { PREFIX } from '../operations/metrics/metric-parts.js';
import { isMessage, type ProcessMetricsJson } from '../operations/metrics/worker-messages.js';

/** The maximum time in which a worker sends its metrics, in milliseconds. After that, its previous metrics are used. */
const TIME_LIMIT = 1_000;

/** The types of metrics that never decrease. */
const TOTALS = new Set(['counter', 'histogram']);

/**
 * Adds up the metrics of all workers, in their parent process. The totals of workers that have exited stay in the sum: if
 * a total decreased, Prometheus would treat it as a reset counter and compute a wrong, high rate.
 */
export class WorkerTotals {
  private readonly shares = new Map<Worker, ProcessMetricsJson>();
  /** The totals of all workers that have exited. */
  private ended: Promise<ProcessMetricsJson> = Promise.resolve([]);
  private readonly own = new Registry();
  private round = 0;
  private readonly waitingFor = new Set<Worker>();
  private done: () => void = () => undefined;
  private text: Promise<string> | undefined;

  /** Starts to respond to workers that request the sum. */
  listen(): void {
    const workersEnded = new Counter({
      name: `${PREFIX}workers_ended_total`,
      help: 'Workers that exited and were replaced.',
      registers: [this.own],
    });
    cluster.on('message', (worker, message: unknown) => {
      if (isMessage(message, 'metrics:worker')) {
        // The totals of a worker that has exited are already in the sum.
        if (worker.isDead()) return;
        this.shares.set(worker, message.metrics);
        if (message.round === this.round) this.recordResponse(worker);
      } else if (isMessage(message, 'metrics:totals-request')) {
        const { requestId } = message;
        const answer = (text: string): void => {
          if (worker.isConnected()) worker.send({ type: 'metrics:totals', requestId, text });
        };
        // On failure no message is sent: the worker that requested the sum has its own time limit.
        this.all().then(answer, () => undefined);
      }
    });
    cluster.on('exit', (worker) => {
      workersEnded.inc();
      this.retire(worker);
    });
  }

  /** Returns the sum as text. Calls at the same time share one round, in which all workers send their metrics. */
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
      worker.send({ type: 'metrics:worker-request', round: this.round });
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TIME_LIMIT);
      this.done = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.waitingFor.clear();
    // Read together, without an `await` between them, because `retire` moves totals from one to the other.
    const shares = [...this.shares.values()];
    const ended = await this.ended;
    return AggregatorRegistry.aggregate([...shares, ended, await this.own.getMetricsAsJSON()]).metrics();
  }

  private recordResponse(worker: Worker): void {
    if (this.waitingFor.delete(worker) && this.waitingFor.size === 0) this.done();
  }

  private retire(worker: Worker): void {
    const totals = this.shares.get(worker)?.filter(({ type }) => TOTALS.has(type)) ?? [];
    this.shares.delete(worker);
    this.recordResponse(worker);
    this.ended = this.ended.then(async (ended) => {
      const sum = await AggregatorRegistry.aggregate([ended, totals]).getMetricsAsJSON();
      return sum as unknown as ProcessMetricsJson;
    });
  }
}
