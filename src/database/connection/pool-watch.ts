import type { Pool, PoolConnection } from 'mysql2';
import type { DataSource } from 'typeorm';
import { timeLimits } from './time-limits.js';

/** The number of connections, and of queries that wait for one. A connection that is being opened counts as in use. */
export interface Connections {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The driver's pool with its private members, because it has no public methods for these counts. */
type PoolInternals = Pool &
  Readonly<Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { readonly length: number }>>;

/**
 * Watches the pool of a MySQL DataSource, and closes broken connections. If a server disappears without closing its
 * connections, they look open, and the pool would use them again and again. A DataSource of a file has no pool.
 */
export class PoolWatch {
  /** The time when each connection left the pool, on the clock of `performance.now()`; undefined while it is idle. */
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
   * `startedAt`, closes the idle ones too, because they may also be broken. Sends no message to the server.
   *
   * @param startedAt the start of the query that timed out, on the clock of `performance.now()`
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

  /** Closes all connections, without a message to the server. */
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
