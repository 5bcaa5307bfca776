import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, Counter, Registry } from 'prom-client';
import { PREFIX } from '../operations/metrics/metric-parts.js';
import { isMessage, type ProcessMetricsJson } from '../operations/metrics/worker-messages.js';

/**
 * The maximum time that the parent process waits for the metrics of a worker, in milliseconds. After that, it uses the
 * previous metrics of the worker.
 */
const TIME_LIMIT = 1_000;

/** The types of metrics whose values never decrease. */
const TOTALS = new Set(['counter', 'histogram']);

/**
 * Adds up the metrics of all workers, in their parent process. The sum includes the counters of workers that have
 * exited: if the sum of a counter decreased, Prometheus would treat the counter as reset to 0, and compute a rate that
 * is too high.
 */
export class WorkerTotals {
  private readonly shares = new Map<Worker, ProcessMetricsJson>();
  /** The sum of the counters and histograms of all workers that have exited. */
  private ended: Promise<ProcessMetricsJson> = Promise.resolve([]);
  private readonly own = new Registry();
  private round = 0;
  private readonly waitingFor = new Set<Worker>();
  private done: () => void = () => undefined;
  private text: Promise<string> | undefined;

  /** Starts to send the sum of all metrics to workers that request it. */
  listen(): void {
    const workersEnded = new Counter({
      name: `${PREFIX}workers_ended_total`,
      help: 'Workers that exited and were replaced.',
      registers: [this.own],
    });
    cluster.on('message', (worker, message: unknown) => {
      if (isMessage(message, 'metrics:worker')) {
        // The message arrived after the worker had exited. `retire` has already added the counters of this worker to
        // the sum.
        if (worker.isDead()) return;
        this.shares.set(worker, message.metrics);
        if (message.round === this.round) this.recordResponse(worker);
      } else if (isMessage(message, 'metrics:totals-request')) {
        const { requestId } = message;
        const answer = (text: string): void => {
          if (worker.isConnected()) worker.send({ type: 'metrics:totals', requestId, text });
        };
        // After a failure, the parent process sends no message. The worker that requested the sum stops waiting after
        // its own time limit.
        this.all().then(answer, () => undefined);
      }
    });
    cluster.on('exit', (worker) => {
      workersEnded.inc();
      this.retire(worker);
    });
  }

  /**
   * Returns the sum of all metrics, as text. A call requests the metrics of all workers, unless such a request is in
   * progress: concurrent calls get the same result.
   */
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
    // `shares` and `ended` are read without an `await` between the two reads, because `retire` moves counters from the
    // one to the other.
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
