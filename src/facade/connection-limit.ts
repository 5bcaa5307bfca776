import { Shares } from './shares.js';

interface Waiting {
  readonly client: string;
  readonly begin: () => void;
}

/** How many requests may wait for a connection, and for how long in milliseconds. */
export interface QueueLimits {
  readonly length: number;
  readonly time: number;
}

const QUEUE: QueueLimits = { length: 1_000, time: 5_000 };

/** There is no connection for a request: too many wait for one, or it has waited for too long. */
export class NoConnection extends Error {}

/** Bounds the connections to nova-api, and the requests that wait for one. */
export class ConnectionLimit {
  private readonly connections: Shares;
  private readonly places: Shares;
  private readonly queue = new Set<Waiting>();

  /** @param most how many connections may be in use at a time */
  constructor(
    readonly most: number,
    private readonly limits = QUEUE,
  ) {
    this.connections = new Shares(most);
    this.places = new Shares(limits.length);
  }

  get inUse(): number {
    return this.connections.taken;
  }

  get waiting(): number {
    return this.places.taken;
  }

  /**
   * Waits for a connection, in the order of arrival among those whose share is not used up.
   *
   * @param client whose share counts
   * @param signal ends the wait
   * @returns gives the connection back; to be called once
   * @throws NoConnection
   */
  async take(client: string, signal: AbortSignal): Promise<() => void> {
    if (this.connections.mayTake(client)) this.connections.take(client);
    else await this.turn(client, signal);
    return () => {
      this.giveBack(client);
    };
  }

  private turn(client: string, signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.places.mayTake(client)) return Promise.reject(new NoConnection());
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.queue.delete(waiting);
        this.places.giveBack(client);
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
      };
      const giveUp = (): void => {
        leave();
        reject(new NoConnection());
      };
      const begin = (): void => {
        leave();
        this.connections.take(client);
        resolve();
      };
      const waiting = { client, begin };
      const timer = setTimeout(giveUp, this.limits.time);
      signal.addEventListener('abort', giveUp);
      this.places.take(client);
      this.queue.add(waiting);
    });
  }

  private giveBack(client: string): void {
    this.connections.giveBack(client);
    for (const waiting of this.queue) {
      if (this.connections.mayTake(waiting.client)) waiting.begin();
    }
  }
}
