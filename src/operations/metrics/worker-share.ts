import type { Registry } from 'prom-client';
import { within } from '../../common/within.js';
import { isMessage } from './worker-messages.js';

/** How long a worker waits for what is told of all, in milliseconds; the process over them waits less for each. */
const TIME_LIMIT = 3_000;

/** A worker's part in the metrics of all workers: it tells its own, and asks the process over them for those of all. */
export class WorkerShare {
  private readonly asking = new Map<number, (text: string) => void>();
  private asked = 0;

  constructor(registry: Registry) {
    process.on('message', (message) => {
      if (isMessage(message, 'metrics:share')) {
        const { round } = message;
        void registry
          .getMetricsAsJSON()
          .then((metrics) => process.send?.({ type: 'metrics:is-share', round, metrics }));
      } else if (isMessage(message, 'metrics:is-all')) {
        this.asking.get(message.question)?.(message.text);
      }
    });
  }

  async text(): Promise<string> {
    const question = (this.asked += 1);
    const text = new Promise<string>((resolve) => this.asking.set(question, resolve));
    process.send?.({ type: 'metrics:all', question });
    try {
      return await within(TIME_LIMIT, text);
    } finally {
      this.asking.delete(question);
    }
  }
}
