import cluster, { type Worker } from 'node:cluster';
import { LRUCache } from 'lru-cache';
import { isTokenMessage, Outbox, type TokenMessage } from './token-messages.js';

/**
 * A validation of a token: one worker sends the request to Keystone, for all workers that need the result (the
 * verdict).
 */
interface SharedValidation {
  /** The worker that sends the request to Keystone. */
  validator: Worker;
  /** The workers that wait for the verdict, in the order in which they requested it. */
  readonly waiting: Set<Worker>;
}

/**
 * Milliseconds in which a worker must report the result of a validation. Otherwise the broker drops the validation.
 */
const VALIDATION_TTL = 60_000;

/**
 * The maximum number of validations in progress. If there are more, the broker drops the oldest validation; workers
 * that wait for its verdict then send requests to Keystone themselves.
 */
const MAX_VALIDATIONS = 10_000;

/**
 * Coordinates the validations of the workers. The broker runs in the parent process. For each token, it lets one worker
 * validate the token at Keystone, and forwards the verdict to the other workers. The broker stores only the digest of a
 * token, during the validation. It stores neither tokens nor verdicts.
 */
export class TokenBroker {
  private readonly validations = new LRUCache<string, SharedValidation>({
    max: MAX_VALIDATIONS,
    ttl: VALIDATION_TTL,
  });
  private readonly outboxes = new Map<Worker, Outbox>();

  listen(): void {
    cluster.on('message', (worker, message: unknown) => {
      if (isTokenMessage(message) && !worker.isDead()) this.receive(worker, message);
    });
    cluster.on('exit', (worker) => {
      this.outboxes.delete(worker);
      for (const [key, validation] of this.validations.entries()) this.withdraw(worker, key, validation);
    });
  }

  private receive(worker: Worker, message: TokenMessage): void {
    const { key } = message;
    const validation = this.validations.get(key);
    if (message.type === 'token:wanted') this.assign(worker, key, validation);
    else if (message.type === 'token:verdict') {
      this.validations.delete(key);
      for (const other of Object.values(cluster.workers ?? {})) {
        if (other !== undefined && other !== worker) this.send(other, message);
      }
    } else if (validation === undefined) return;
    else if (message.type === 'token:failed' && validation.validator === worker) {
      this.validations.delete(key);
      for (const other of validation.waiting) this.send(other, message);
    } else this.withdraw(worker, key, validation);
  }

  private assign(worker: Worker, key: string, validation: SharedValidation | undefined): void {
    if (validation !== undefined && validation.validator !== worker) {
      validation.waiting.add(worker);
      this.send(worker, { type: 'token:wait', key });
      return;
    }
    if (validation === undefined) this.validations.set(key, { validator: worker, waiting: new Set() });
    this.send(worker, { type: 'token:validate', key });
  }

  /**
   * Removes a worker from a validation. If the worker was the validator, the next waiting worker becomes the validator.
   */
  private withdraw(worker: Worker, key: string, validation: SharedValidation): void {
    validation.waiting.delete(worker);
    if (validation.validator !== worker) return;
    const [next] = validation.waiting;
    if (next === undefined) {
      this.validations.delete(key);
      return;
    }
    validation.waiting.delete(next);
    validation.validator = next;
    this.send(next, { type: 'token:validate', key });
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
