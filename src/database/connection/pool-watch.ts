import type { Pool, PoolConnection } from 'mysql2';
import type { DataSource } from 'typeorm';
import { timeLimits } from './time-limits.js';

/** How many connections there are, and how many questions wait for one. Those that are being made are in use. */
export interface Connections {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

/** What the driver's pool holds and does not tell by any method. */
type PoolInside = Pool &
  Readonly<Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { readonly length: number }>>;

/**
 * Watches the pool of a MySQL DataSource. A connection whose other end went away without a word looks alive
 * until somebody asks: the pool would hand it out again and again. Nothing is watched where there is no pool.
 */
export class PoolWatch {
  /** Each connection with the moment it was taken into use; undefined while it is idle. */
  private readonly connections = new Map<PoolConnection, number | undefined>();

  /** When a question was last answered, as of `performance.now()`. */
  get lastAnswer(): number {
    return this.answered;
  }

  private answered = 0;
  private readonly pool: PoolInside | undefined;

  constructor(source: DataSource) {
    const { pool } = source.driver as { pool?: PoolInside };
    this.pool = pool;
    pool?.on('acquire', (connection) => {
      if (!this.connections.has(connection)) this.watch(connection);
      this.connections.set(connection, performance.now());
    });
    pool?.on('release', (connection) => {
      this.answered = performance.now();
      if (this.connections.has(connection)) this.connections.set(connection, undefined);
    });
  }

  connectionCounts(): Connections | undefined {
    if (this.pool === undefined) return undefined;
    const idle = this.pool._freeConnections.length;
    return {
      inUse: this.pool._allConnections.length - idle,
      idle,
      waiting: this.pool._connectionQueue.length,
    };
  }

  /**
   * Closes the connections that do not answer, without a goodbye to the server. Where no request was answered since the
   * question was asked, it closes the idle ones too, which may be no better.
   *
   * @param asked when the question was asked that has no answer, as of `performance.now()`
   */
  dropUnanswered(asked: number): void {
    const now = performance.now();
    const othersAnswered = this.answered > asked;
    for (const [connection, since] of this.connections) {
      const isDead =
        since === undefined
          ? !othersAnswered
          : now - since > (othersAnswered ? timeLimits().overdue : timeLimits().dead);
      if (!isDead) continue;
      this.connections.delete(connection);
      connection.destroy();
    }
  }

  /** Closes all connections, without a goodbye to the server. */
  dropAll(): void {
    for (const connection of this.connections.keys()) connection.destroy();
    this.connections.clear();
  }

  private watch(connection: PoolConnection): void {
    const forget = (): void => {
      this.connections.delete(connection);
    };
    connection.once('end', forget);
    connection.once('error', forget);
  }
}
