import type { Pool, PoolConnection } from 'mysql2';
import type { DataSource } from 'typeorm';
import { timeLimits } from './time-limits.js';

/** How many connections there are, and how many queries wait for one. A connection that is being opened is in use. */
export interface Connections {
  readonly inUse: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Private members of the driver's pool, which has no methods for them. */
type PoolInternals = Pool &
  Readonly<Record<'_allConnections' | '_freeConnections' | '_connectionQueue', { readonly length: number }>>;

/**
 * Watches the pool of a MySQL DataSource. A connection whose server vanished without closing it looks alive: the pool
 * would hand it out again and again. A DataSource of a file has no pool, and nothing is watched.
 */
export class PoolWatch {
  /** When each connection was taken from the pool, as of `performance.now()`; undefined while it is idle. */
  private readonly connections = new Map<PoolConnection, number | undefined>();

  /** When the database last answered a query, as of `performance.now()`. */
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
   * Closes the connections that do not answer, without a message to the server. Where the database has answered no query
   * since the one that has no answer, it closes the idle ones too, because they may be dead as well.
   *
   * @param startedAt when the query that has no answer began, as of `performance.now()`
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
