import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../connection/database.js';
import { isConflict } from '../connection/mysql-errors.js';

const TABLE = 'nova_action_log_leases';

/** When a lease expires that its holder does not renew, in seconds: others wait so long for a holder that was killed. */
const LEASE_DURATION = 10;

/** How often the holder renews its lease, in milliseconds. */
const RENEWAL_INTERVAL = 2_000;

/** Runs statements on the own store: `onDatabase`, or `onSource` before the tables exist. */
export type Session = <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>;

/** Another process has the lease: this process did not renew it in time. */
export class LeaseLost extends Error {
  constructor(name: string) {
    super(`another process has taken over the lease "${name}"`);
  }
}

/**
 * The right to do one thing, which one process of all replicas has at a time. It is a row that expires by the database's
 * clock. Galera certifies changes of rows over all nodes, whereas it refuses GET_LOCK or keeps it to one node; and row
 * locks (FOR UPDATE) end with the first DDL statement. Migrations take one by `onSource`; a module takes one by
 * `onDatabase`, and fences its transactions.
 */
export class Lease {
  constructor(
    private readonly name: string,
    private readonly session: Session,
  ) {}

  /** Creates the table, where it does not exist. */
  static async prepare(source: DataSource): Promise<void> {
    const isFile = source.options.type === 'better-sqlite3';
    const columns = `name varchar(64) PRIMARY KEY, holder char(36) NOT NULL, token bigint NOT NULL, held_until datetime(6) NOT NULL`;
    await source.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (${columns})${isFile ? '' : ' ENGINE=InnoDB'}`);
  }

  /** @returns undefined while another holder has it; else it is held until `release()`, as long as the process lives */
  async acquire(): Promise<HeldLease | undefined> {
    const holder = randomUUID();
    const token = await undefinedOnConflict(this.session, async (manager) => {
      const ignore = isOnFile(manager) ? 'OR IGNORE' : 'IGNORE';
      await manager.query(`INSERT ${ignore} INTO ${TABLE} VALUES (?, '', 0, '2000-01-01')`, [this.name]);
      // The holder is this one already where an earlier run was committed without an answer.
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

/** A lease that was taken. It is renewed until it is released or lost. */
export class HeldLease {
  private renewal: NodeJS.Timeout | undefined;

  /** @param token the fencing token: each holder of the lease has a greater one than the holder before */
  constructor(
    private readonly name: string,
    readonly token: number,
    private readonly session: Session,
  ) {
    this.renewLater();
  }

  /** @throws LeaseLost */
  async confirm(): Promise<void> {
    if ((await this.renew()) !== true) throw new LeaseLost(this.name);
  }

  /**
   * Fences a transaction: the database commits it only if the lease is still held, however long this process stalled.
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

  /** One renewal at a time: where the database is slow, the next one waits. */
  private renewLater(): void {
    const renew = async (): Promise<void> => {
      const isHeld = await this.renew().catch(() => undefined);
      if (isHeld !== false && this.renewal !== undefined) this.renewLater();
    };
    this.renewal = setTimeout(() => void renew(), RENEWAL_INTERVAL).unref();
  }

  /** @returns whether the lease is still held; undefined where another process wrote the same row at the same time */
  private renew(): Promise<boolean | undefined> {
    return undefinedOnConflict(this.session, (manager) => this.extend(manager));
  }

  private extend(manager: EntityManager): Promise<boolean> {
    return this.update(manager, `held_until = ${now(manager, LEASE_DURATION)}`);
  }

  /** @returns whether the lease is still held */
  private async update(manager: EntityManager, change: string): Promise<boolean> {
    const statement = `UPDATE ${TABLE} SET ${change} WHERE name = ? AND token = ?`;
    return (await matchedRows(manager, statement, [this.name, this.token])) === 1;
  }
}

/** @returns undefined where another process wrote the same row at the same time */
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

/** Runs statements in a transaction. Those of a lease may run again: to take or to renew it twice changes nothing. */
export function onDatabase(database: Database): Session {
  return (work) => database.write(work, { isIdempotent: true });
}

/** Runs statements on a store that has no `Database` yet, each in a transaction of its own. */
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

/** The time of the database's clock, or so many seconds later. */
function now(manager: EntityManager, seconds = 0): string {
  return isOnFile(manager)
    ? `strftime('%Y-%m-%d %H:%M:%f', 'now', '+${seconds} seconds')`
    : `UTC_TIMESTAMP(6) + INTERVAL ${seconds} SECOND`;
}

/** @returns how many rows the statement matched */
async function matchedRows(manager: EntityManager, statement: string, values: unknown[]): Promise<number> {
  const result = await manager.queryRunner?.query(statement, values, true);
  return result?.affected ?? 0;
}
