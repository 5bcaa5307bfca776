import cluster, { type Worker } from 'node:cluster';
import { LRUCache } from 'lru-cache';
import { isTokenMessage, Outbox, type TokenMessage } from './token-messages.js';

/** The worker that asks Keystone about a token, and those that wait. */
interface Inquiry {
  asker: Worker;
  /** Those that wait for the asker, in the order in which they came. */
  readonly waiting: Set<Worker>;
}

/** How long an inquiry is remembered that no worker ends, in milliseconds. */
const LONGEST_INQUIRY = 60_000;

/** How many inquiries there may be; a worker of one that was forgotten asks Keystone itself. */
const MOST_INQUIRIES = 10_000;

/**
 * In the parent process: lets one worker ask Keystone about each token, and passes the answer on to the others. It
 * knows a token's digest only while workers wait for the answer, and keeps no verdict.
 */
export class TokenBroker {
  private readonly inquiries = new LRUCache<string, Inquiry>({ max: MOST_INQUIRIES, ttl: LONGEST_INQUIRY });
  private readonly outboxes = new Map<Worker, Outbox>();

  listen(): void {
    cluster.on('message', (worker, message: unknown) => {
      if (isTokenMessage(message) && !worker.isDead()) this.hear(worker, message);
    });
    cluster.on('exit', (worker) => {
      this.outboxes.delete(worker);
      for (const [key, inquiry] of this.inquiries.entries()) this.leave(worker, key, inquiry);
    });
  }

  private hear(worker: Worker, message: TokenMessage): void {
    const { key } = message;
    const inquiry = this.inquiries.get(key);
    if (message.type === 'token:wanted') this.admit(worker, key, inquiry);
    else if (message.type === 'token:verdict') {
      this.inquiries.delete(key);
      for (const other of Object.values(cluster.workers ?? {})) {
        if (other !== undefined && other !== worker) this.send(other, message);
      }
    } else if (inquiry === undefined) return;
    else if (message.type === 'token:failed' && inquiry.asker === worker) {
      this.inquiries.delete(key);
      for (const other of inquiry.waiting) this.send(other, message);
    } else this.leave(worker, key, inquiry);
  }

  private admit(worker: Worker, key: string, inquiry: Inquiry | undefined): void {
    if (inquiry !== undefined && inquiry.asker !== worker) {
      inquiry.waiting.add(worker);
      this.send(worker, { type: 'token:wait', key });
      return;
    }
    if (inquiry === undefined) this.inquiries.set(key, { asker: worker, waiting: new Set() });
    this.send(worker, { type: 'token:ask', key });
  }

  /** A worker neither asks nor waits any more. If it was the one that asks, the next one asks instead. */
  private leave(worker: Worker, key: string, inquiry: Inquiry): void {
    inquiry.waiting.delete(worker);
    if (inquiry.asker !== worker) return;
    const [next] = inquiry.waiting;
    if (next === undefined) {
      this.inquiries.delete(key);
      return;
    }
    inquiry.waiting.delete(next);
    inquiry.asker = next;
    this.send(next, { type: 'token:ask', key });
  }

  private send(worker: Worker, message: TokenMessage): void {
    if (!worker.isConnected()) return;
    let outbox = this.outboxes.get(worker);
    if (outbox === undefined) {
      outbox = new Outbox((each, sent) => void worker.process.send(each, undefined, undefined, sent));
      this.outboxes.set(worker, outbox);
    }
    outbox.send(message);
  }
}
