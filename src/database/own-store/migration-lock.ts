import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';

const TABLE = 'nova_action_log_migration_lock';

/** For how long it is held without a word of the holder's, in seconds: so long others wait for one that was killed. */
const LEASE = 10;

/** How often the holder says that it is at work, in milliseconds. */
const RENEWED_EVERY = 2_000;

/** What two that write the same row may get, of whom one has to try again, by MySQL's and MariaDB's numbers. */
const CONFLICTS = new Set([
  1205, // waited for too long
  1213, // deadlock, which is also what Galera says to whoever comes second on another node
]);

/**
 * One process at a time migrates a store of MySQL or MariaDB, whichever node of a cluster it is connected to. It is a row
 * with a time limit, because Galera certifies rows over all nodes: it refuses GET_LOCK, or keeps it to one node, and
 * row locks (FOR UPDATE) end with the first DDL statement.
 */
export class MigrationLock {
  private readonly owner = randomUUID();
  private renewal: NodeJS.Timeout | undefined;

  constructor(private readonly source: DataSource) {}

  /** @returns whether it is ours now, until `release()` */
  async take(): Promise<boolean> {
    const columns = 'id integer PRIMARY KEY, owner char(36) NOT NULL, held_until datetime(6) NOT NULL';
    await this.source.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (${columns}) ENGINE=InnoDB`);
    const isOurs =
      (await this.change(`INSERT IGNORE INTO ${TABLE} VALUES (1, '', '2000-01-01')`)) !== undefined &&
      (await this.change(`UPDATE ${TABLE} SET owner = ?, ${RENEWED} WHERE held_until < UTC_TIMESTAMP(6)`)) ===
        1;
    if (isOurs) this.renewal = setInterval(() => void this.renew().catch(() => undefined), RENEWED_EVERY);
    return isOurs;
  }

  /** @throws Error when another process has it meanwhile: this one was held up for longer than the lock lasts */
  async confirm(): Promise<void> {
    if (!(await this.renew())) throw new Error('another process has taken over the migration');
  }

  async release(): Promise<void> {
    clearInterval(this.renewal);
    await this.change(`UPDATE ${TABLE} SET owner = '', held_until = '2000-01-01' WHERE owner = ?`);
  }

  private async renew(): Promise<boolean> {
    return (await this.change(`UPDATE ${TABLE} SET ${RENEWED} WHERE owner = ?`)) === 1;
  }

  /** @returns how many rows were found, or undefined where another process wrote at the same moment */
  private async change(statement: string): Promise<number | undefined> {
    const values = statement.includes('?') ? [this.owner] : [];
    try {
      return (await this.source.query<{ affectedRows: number }>(statement, values)).affectedRows;
    } catch (error) {
      if (CONFLICTS.has((error as { errno?: number }).errno ?? 0)) return undefined;
      throw error;
    }
  }
}

const RENEWED = `held_until = UTC_TIMESTAMP(6) + INTERVAL ${LEASE} SECOND`;
