import type { Registry } from 'prom-client';
import { withTimeout } from '../../common/with-timeout.js';
import { isMessage } from './worker-messages.js';

/**
 * Milliseconds for which a worker waits for the totals. The parent process waits for each worker for a shorter time.
 */
const TOTALS_TIMEOUT = 3_000;

/**
 * The metrics of one worker. The parent process requests them, and adds up those of all workers
 * (`processes/worker-totals.ts`). The worker in turn requests the totals from the parent process. This class is not in
 * `processes/`, because that layer is above `Metrics`, which uses this class.
 */
export class WorkerMetrics {
  private readonly pending = new Map<number, (text: string) => void>();
  private lastRequestId = 0;

  constructor(registry: Registry) {
    process.on('message', (message) => {
      if (isMessage(message, 'metrics:worker-request')) {
        const { round } = message;
        void registry
          .getMetricsAsJSON()
          .then((metrics) => process.send?.({ type: 'metrics:worker', round, metrics }));
      } else if (isMessage(message, 'metrics:totals')) {
        this.pending.get(message.requestId)?.(message.text);
      }
    });
  }

  /** Returns the totals of all workers in Prometheus' text format, as the parent process reports them. */
  async text(): Promise<string> {
    const requestId = (this.lastRequestId += 1);
    const text = new Promise<string>((resolve) => this.pending.set(requestId, resolve));
    process.send?.({ type: 'metrics:totals-request', requestId });
    try {
      return await withTimeout(TOTALS_TIMEOUT, text);
    } finally {
      this.pending.delete(requestId);
    }
  }
}
