import type { Pool, PoolConnection } from 'mysql2';
import type { DataSource } from 'typeorm';
import { timeLimits } from './time-limits.js';

/**
 * The numbers of connections in use and idle, and of queries that wait for a connection. A connection that is being
 * opened counts as in use.
 */
export interface Connections {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

/**
 * The driver's pool with its private members. `PoolWatch` reads the numbers of connections from them, because the pool
 * has no public methods for these numbers.
 */
type PoolInternals = Pool &
  Readonly<Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { readonly length: number }>>;

/**
 * Watches the pool of a MySQL DataSource, and closes broken connections. If a host disappears without closing its
 * connections, the connections look open, and the pool would continue to use them. A DataSource for an SQLite file has
 * no pool.
 */
export class PoolWatch {
  /**
   * The connections of the pool. The value is the time at which a query began to use the connection, on the clock of
   * `performance.now()`, or undefined while the connection is idle.
   */
  private readonly connections = new Map<PoolConnection, number | undefined>();

  /** The time of the last response to a query, on the clock of `performance.now()`; 0 if there was none. */
  get lastResponse(): number {
    return this.lastResponseAt;
  }

  private lastResponseAt = 0;
  private readonly pool: PoolInternals | undefined;

  constructor(source: DataSource) {
    const { pool } = source.driver as { pool?: PoolInternals };
    this.pool = pool;
    pool?.on('acquire', (connection) => {
      if (!this.connections.has(connection)) this.watch(connection);
      this.connections.set(connection, performance.now());
    });
    pool?.on('release', (connection) => {
      this.lastResponseAt = performance.now();
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
   * Closes the connections that have waited too long for a response. If no connection has received a response since
   * `startedAt`, closes the idle connections too, because they may be broken as well. Closes each connection without
   * notifying the server.
   *
   * @param startedAt the time at which the query that timed out was started, on the clock of `performance.now()`
   */
  closeUnresponsive(startedAt: number): void {
    const now = performance.now();
    const othersAnswered = this.lastResponseAt > startedAt;
    for (const [connection, since] of this.connections) {
      const isDead =
        since === undefined
          ? !othersAnswered
          : now - since >
            (othersAnswered ? timeLimits().overdueAfter : timeLimits().overdueOnSilentHostAfter);
      if (!isDead) continue;
      this.connections.delete(connection);
      connection.destroy();
    }
  }

  /** Closes all connections, without notifying the server. */
  closeAll(): void {
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
