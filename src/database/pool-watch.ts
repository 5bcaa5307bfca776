import type { Pool, PoolConnection } from 'mysql2';
import type { DataSource } from 'typeorm';

/** A connection that has been in use for so long without an answer is taken for dead, in milliseconds. */
const DEAD_AFTER = 1_000;

/**
 * Watches the pool of a MySQL DataSource. A connection whose other end went away without a word looks alive
 * until somebody asks: the pool would hand it out again and again. Nothing is watched where there is no pool.
 */
export class PoolWatch {
  /** Each connection with the moment it was taken into use; undefined while it is idle. */
  private readonly connections = new Map<PoolConnection, number | undefined>();

  constructor(source: DataSource) {
    const { pool } = source.driver as { pool?: Pool };
    pool?.on('acquire', (connection) => {
      if (!this.connections.has(connection)) this.watch(connection);
      this.connections.set(connection, performance.now());
    });
    pool?.on('release', (connection) => {
      if (this.connections.has(connection)) this.connections.set(connection, undefined);
    });
  }

  /** Parts without a word with the connections that do not answer, and with the idle ones, which may be no better. */
  dropUnanswered(): void {
    const now = performance.now();
    for (const [connection, since] of this.connections) {
      if (since === undefined || now - since > DEAD_AFTER) connection.destroy();
    }
  }

  private watch(connection: PoolConnection): void {
    const forget = (): void => {
      this.connections.delete(connection);
    };
    connection.once('end', forget);
    connection.once('error', forget);
  }
}
