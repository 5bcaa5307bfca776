import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { isSqlite } from '../rows/is-sqlite.js';
import type { Database } from '../connection/database.js';
import { isConflict } from '../connection/mysql-errors.js';
import { matchedRows } from '../rows/changes.js';

const TABLE = 'nova_action_log_leases';

/** Seconds from the last renewal of a lease to its expiry. A lease expires, for example, if its holder is killed. */
const LEASE_DURATION = 10;

/** The time between two renewals of a lease, in milliseconds. */
const RENEWAL_INTERVAL = 2_000;

/**
 * A function that runs statements on the service's own database. `onDatabase` returns such a function. Migrations use
 * the one that `onSource` returns.
 */
export type Session = <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/** The error when another process has acquired the lease, because this process did not renew it in time. */
export class LeaseLost extends Error {
  constructor(name: string) {
    super(`another process has taken over the lease "${name}"`);
  }
}

/**
 * The right to do a task. Only one process of all replicas has the lease at a time. A lease is a row, because Galera
 * checks changes of rows across all nodes. The row has an expiry time, by the clock of the database. Database locks
 * would not suffice: Galera rejects GET_LOCK, or limits it to one node, and the first DDL statement of a migration
 * releases row locks (FOR UPDATE).
 *
 * Migrations use a lease with `onSource`. A module uses a lease with `onDatabase`, and calls `fence` in its
 * transactions.
 */
export class Lease {
  constructor(
    readonly name: string,
    private readonly session: Session,
  ) {}

  /** Creates the table of leases if it does not exist. */
  static async prepare(source: DataSource): Promise<void> {
    const isFile = isSqlite(source);
    const columns = `name varchar(64) PRIMARY KEY, holder char(36) NOT NULL, token bigint NOT NULL, held_until datetime(6) NOT NULL`;
    await source.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (${columns})${isFile ? '' : ' ENGINE=InnoDB'}`);
  }

  /** Acquires the lease, and renews it until `release()`. @returns undefined if another process holds the lease */
  async acquire(): Promise<HeldLease | undefined> {
    const holder = randomUUID();
    const token = await undefinedOnConflict(this.session, async (manager) => {
      const ignore = isSqlite(manager.dataSource) ? 'OR IGNORE' : 'IGNORE';
      await manager.query(`INSERT ${ignore} INTO ${TABLE} VALUES (?, '', 0, '2000-01-01')`, [this.name]);
      // The database may run this transaction twice, if the response to the first commit was lost. In the second run,
      // this process already holds the lease, and the same statements succeed.
      const isFree = `(held_until < ${now(manager)} OR holder = ?)`;
      const change = `holder = ?, token = token + 1, held_until = ${now(manager, LEASE_DURATION)}`;
      const statement = `UPDATE ${TABLE} SET ${change} WHERE name = ? AND ${isFree}`;
      if ((await matchedRows(manager, statement, [holder, this.name, holder])) === 0) return undefined;
      const select = `SELECT token FROM ${TABLE} WHERE name = ? AND holder = ?`;
      const [row] = await manager.query<{ token: number | string }[]>(select, [this.name, holder]);
      return row && Number(row.token);
    });
    return token === undefined ? undefined : new HeldLease(this.name, token, this.session);
  }

  /**
   * Returns true if no process holds the lease now. A waiting process calls this method before `acquire()`, because it
   * writes nothing.
   */
  isFree(): Promise<boolean> {
    return this.session(async (manager) => {
      const select = `SELECT 1 FROM ${TABLE} WHERE name = ? AND held_until >= ${now(manager)}`;
      return (await manager.query<unknown[]>(select, [this.name])).length === 0;
    });
  }
}

/** A lease that this process has acquired. The process renews the lease until it releases or loses it. */
export class HeldLease {
  private renewal: NodeJS.Timeout | undefined;

  /** @param token the fencing token, which is greater than the token of every earlier holder */
  constructor(
    private readonly name: string,
    readonly token: number,
    private readonly session: Session,
  ) {
    this.renewLater();
  }

  /** Renews the lease now. @throws LeaseLost */
  async confirm(): Promise<void> {
    if ((await this.renew()) !== true) throw new LeaseLost(this.name);
  }

  /**
   * Fences a transaction: the database commits it only if this process still holds the lease, even if the process was
   * suspended for a long time.
   *
   * @param manager the entity manager of the transaction
   * @throws LeaseLost
   */
  async fence(manager: EntityManager): Promise<void> {
    if (!(await this.extend(manager))) throw new LeaseLost(this.name);
  }

  async release(): Promise<void> {
    clearTimeout(this.renewal);
    this.renewal = undefined;
    await undefinedOnConflict(this.session, (manager) =>
      this.update(manager, "holder = '', token = token + 1, held_until = '2000-01-01'"),
    );
  }

  /**
   * Renews the lease again and again, each time after the renewal interval. A renewal never starts before the previous
   * one has finished.
   */
  private renewLater(): void {
    const renew = async (): Promise<void> => {
      const isHeld = await this.renew().catch(() => undefined);
      if (isHeld !== false && this.renewal !== undefined) this.renewLater();
    };
    this.renewal = setTimeout(() => void renew(), RENEWAL_INTERVAL).unref();
  }

  /**
   * Renews the lease.
   *
   * @returns true if this process still holds the lease, false if not, and undefined if another process changed the row
   * at the same time
   */
  private renew(): Promise<boolean | undefined> {
    return undefinedOnConflict(this.session, (manager) => this.extend(manager));
  }

  private extend(manager: EntityManager): Promise<boolean> {
    return this.update(manager, `held_until = ${now(manager, LEASE_DURATION)}`);
  }

  /** Changes the row of the lease if this process still holds the lease. @returns true if the row was changed */
  private async update(manager: EntityManager, change: string): Promise<boolean> {
    const statement = `UPDATE ${TABLE} SET ${change} WHERE name = ? AND token = ?`;
    return (await matchedRows(manager, statement, [this.name, this.token])) === 1;
  }
}

/** Runs `work`. @returns the result of `work`, or undefined if another process wrote the same row at the same time */
async function undefinedOnConflict<Result>(
  session: Session,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await session(work);
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/**
 * Returns a function that runs statements in a transaction. The transaction can safely run twice, because acquiring or
 * renewing a lease a second time has no further effect.
 */
export function onDatabase(database: Database): Session {
  return (work) => database.write(work, { isIdempotent: true });
}

/**
 * Returns a function that runs statements in a transaction, before the service has a `Database` object for its own
 * database.
 */
export function onSource(source: DataSource): Session {
  return async (work) => {
    const runner = source.createQueryRunner();
    try {
      return await work(runner.manager);
    } finally {
      await runner.release();
    }
  };
}

/** Returns an SQL expression: the current time by the database's clock, plus a number of seconds. */
function now(manager: EntityManager, seconds = 0): string {
  return isSqlite(manager.dataSource)
    ? `strftime('%Y-%m-%d %H:%M:%f', 'now', '+${seconds} seconds')`
    : `UTC_TIMESTAMP(6) + INTERVAL ${seconds} SECOND`;
}
