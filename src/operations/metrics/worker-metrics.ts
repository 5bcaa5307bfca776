import type { Registry } from 'prom-client';
import { withTimeout } from '../../common/with-timeout.js';
import { isMessage } from './worker-messages.js';

/** How long a worker waits for the metrics of all, in milliseconds; the parent waits less for each share. */
const TIME_LIMIT = 3_000;

/**
 * A worker's part in the metrics of all workers: it sends its own, and asks its parent for those of all. It stands here and
 * not in `processes/`, which is above: `Metrics` serves the text that the parent adds up (`processes/worker-totals.ts`).
 */
export class WorkerMetrics {
  private readonly asking = new Map<number, (text: string) => void>();
  private asked = 0;

  constructor(registry: Registry) {
    process.on('message', (message) => {
      if (isMessage(message, 'metrics:worker-request')) {
        const { round } = message;
        void registry
          .getMetricsAsJSON()
          .then((metrics) => process.send?.({ type: 'metrics:worker', round, metrics }));
      } else if (isMessage(message, 'metrics:totals')) {
        this.asking.get(message.requestId)?.(message.text);
      }
    });
  }

  async text(): Promise<string> {
    const requestId = (this.asked += 1);
    const text = new Promise<string>((resolve) => this.asking.set(requestId, resolve));
    process.send?.({ type: 'metrics:totals-request', requestId });
    try {
      return await withTimeout(TIME_LIMIT, text);
    } finally {
      this.asking.delete(requestId);
    }
  }
}
