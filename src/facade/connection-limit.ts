import { Shares } from './shares.js';

interface Waiting {
  readonly client: string;
  readonly begin: () => void;
}

/** The limits of the queue of requests that wait for a connection to nova-api. */
export interface QueueLimits {
  /** The maximum number of waiting requests. */
  readonly length: number;
  /** Milliseconds that a request may wait in the queue. */
  readonly time: number;
}

const QUEUE: QueueLimits = { length: 1_000, time: 5_000 };

/**
 * The error when a request gets no connection, because the queue is full, because the request has waited too long, or
 * because its client has closed the connection.
 */
export class NoConnection extends Error {}

/** Limits the number of connections to nova-api, and the length of the queue of requests that wait for a connection. */
export class ConnectionLimit {
  private readonly connections: Shares;
  private readonly slots: Shares;
  private readonly queue = new Set<Waiting>();

  /** @param max the maximum number of connections in use at the same time */
  constructor(
    readonly max: number,
    private readonly limits = QUEUE,
  ) {
    this.connections = new Shares(max);
    this.slots = new Shares(limits.length);
  }

  get inUse(): number {
    return this.connections.inUse;
  }

  get waiting(): number {
    return this.slots.inUse;
  }

  /**
   * Waits for a connection. Waiting requests get connections in the order of arrival. A request is skipped while its
   * client has as many connections as its share permits.
   *
   * @param client the client to whose share the connection counts
   * @param signal ends the wait when it fires
   * @returns a function that releases the connection, and that must be called once
   * @throws NoConnection if the request gets no connection
   */
  async acquire(client: string, signal: AbortSignal): Promise<() => void> {
    if (this.connections.canAcquire(client)) this.connections.acquire(client);
    else await this.wait(client, signal);
    return () => {
      this.release(client);
    };
  }

  private wait(client: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.slots.canAcquire(client)) return Promise.reject(new NoConnection());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.queue.delete(waiting);
        this.slots.release(client);
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
      };
      const giveUp = (): void => {
        leave();
        reject(new NoConnection());
      };
      const begin = (): void => {
        leave();
        this.connections.acquire(client);
        resolve();
      };
      const waiting = { client, begin };
      const timer = setTimeout(giveUp, this.limits.time);
      signal.addEventListener('abort', giveUp);
      this.slots.acquire(client);
      this.queue.add(waiting);
    });
  }

  private release(client: string): void {
    this.connections.release(client);
    for (const waiting of this.queue) {
      if (this.connections.canAcquire(waiting.client)) waiting.begin();
    }
  }
}
