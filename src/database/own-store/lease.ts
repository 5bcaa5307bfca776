import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../connection/database.js';
import { isConflict } from '../connection/mysql-errors.js';

const TABLE = 'nova_action_log_leases';

/** The time after which a lease expires without a renewal, in seconds, for example if its holder is killed. */
const LEASE_DURATION = 10;

/** The time between two renewals of a lease, in milliseconds. */
const RENEWAL_INTERVAL = 2_000;

/** A function that runs statements on the own store: from `onDatabase`, or from `onSource` before the tables exist. */
export type Session = <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/** The error when another process has the lease, because this process did not renew it in time. */
export class LeaseLost extends Error {
  constructor(name: string) {
    super(`another process has taken over the lease "${name}"`);
  }
}

/**
 * The right to do a task, which only one process of all replicas has at a time. It is a row that expires by the
 * database's clock, because Galera checks changes of rows across all nodes. Locks do not work here: Galera rejects
 * GET_LOCK or limits it to one node, and the first DDL statement releases row locks (FOR UPDATE).
 *
 * Migrations use a lease with `onSource`. A module uses a lease with `onDatabase` and fences its transactions.
 */
export class Lease {
  constructor(
    private readonly name: string,
    private readonly session: Session,
  ) {}

  /** Creates the table of leases, unless it exists. */
  static async prepare(source: DataSource): Promise<void> {
    const isFile = source.options.type === 'better-sqlite3';
    const columns = `name varchar(64) PRIMARY KEY, holder char(36) NOT NULL, token bigint NOT NULL, held_until datetime(6) NOT NULL`;
    await source.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (${columns})${isFile ? '' : ' ENGINE=InnoDB'}`);
  }

  /** Acquires the lease, which is then renewed until `release()`. @returns undefined while another process holds it */
  async acquire(): Promise<HeldLease | undefined> {
    const holder = randomUUID();
    const token = await undefinedOnConflict(this.session, async (manager) => {
      const ignore = isOnFile(manager) ? 'OR IGNORE' : 'IGNORE';
      await manager.query(`INSERT ${ignore} INTO ${TABLE} VALUES (?, '', 0, '2000-01-01')`, [this.name]);
      // This process already holds the lease if an earlier run was committed but the response was lost.
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
}

/** A lease that this process has acquired. It is renewed until it is released or lost. */
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
   * Fences a transaction: the database commits it only if this process still holds the lease, even after a long stall.
   *
   * @param manager of the transaction
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

  /** Renews the lease repeatedly. The next renewal starts after the previous one has finished. */
  private renewLater(): void {
    const renew = async (): Promise<void> => {
      const isHeld = await this.renew().catch(() => undefined);
      if (isHeld !== false && this.renewal !== undefined) this.renewLater();
    };
    this.renewal = setTimeout(() => void renew(), RENEWAL_INTERVAL).unref();
  }

  /** Renews the lease. @returns true if it is still held; undefined if another process changed the row meanwhile */
  private renew(): Promise<boolean | undefined> {
    return undefinedOnConflict(this.session, (manager) => this.extend(manager));
  }

  private extend(manager: EntityManager): Promise<boolean> {
    return this.update(manager, `held_until = ${now(manager, LEASE_DURATION)}`);
  }

  /** Changes the row of the lease. @returns true if this process still held the lease */
  private async update(manager: EntityManager, change: string): Promise<boolean> {
    const statement = `UPDATE ${TABLE} SET ${change} WHERE name = ? AND token = ?`;
    return (await matchedRows(manager, statement, [this.name, this.token])) === 1;
  }
}

/** Runs `work`. @returns its result, or undefined if another process wrote the same row at the same time */
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

/** Runs statements in a transaction. It is idempotent: acquiring or renewing a lease twice has no further effect. */
export function onDatabase(database: Database): Session {
  return (work) => database.write(work, { isIdempotent: true });
}

/** Runs statements on a store that has no `Database` yet, each in its own transaction. */
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

function isOnFile({ dataSource }: EntityManager): boolean {
  return dataSource.options.type === 'better-sqlite3';
}

/** Returns SQL for the current time of the database's clock, plus a number of seconds. */
function now(manager: EntityManager, seconds = 0): string {
  return isOnFile(manager)
    ? `strftime('%Y-%m-%d %H:%M:%f', 'now', '+${seconds} seconds')`
    : `UTC_TIMESTAMP(6) + INTERVAL ${seconds} SECOND`;
}

/** Runs a statement. @returns the number of rows that it matched */
async function matchedRows(manager: EntityManager, statement: string, values: unknown[]): Promise<number> {
  const result = await manager.queryRunner?.query(statement, values, true);
  return result?.affected ?? 0;
}
