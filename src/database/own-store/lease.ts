import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import type { Database } from '../connection/database.js';
import { isConflict } from '../connection/mysql-errors.js';

const TABLE = 'nova_action_log_leases';

/** When a lease expires that its holder does not renew, in seconds: others wait so long for a holder that was killed. */
const EXPIRES_AFTER = 10;

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
 * locks (FOR UPDATE) end with the first DDL statement.
 */
export class Lease {
  private readonly holder = randomUUID();
  /** The fencing token, which grows with each holder. */
  private token = 0;
  private renewal: NodeJS.Timeout | undefined;

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

  /** @returns whether this process has it now, until `release()` */
  async take(): Promise<boolean> {
    const token = await this.inSession(async (manager) => {
      const ignore = isOnFile(manager) ? 'OR IGNORE' : 'IGNORE';
      await manager.query(`INSERT ${ignore} INTO ${TABLE} VALUES (?, '', 0, '2000-01-01')`, [this.name]);
      const free = `held_until < ${now(manager)} OR holder = ?`;
      const change = `holder = ?, token = token + 1, held_until = ${now(manager, EXPIRES_AFTER)}`;
      const found = await changed(manager, `UPDATE ${TABLE} SET ${change} WHERE name = ? AND (${free})`, [
        this.holder,
        this.name,
        this.holder,
      ]);
      return found === 0 ? undefined : this.read(manager);
    });
    if (token === undefined) return false;
    this.token = token;
    this.renewal ??= this.renewLater();
    return true;
  }

  /** @throws LeaseLost */
  async confirm(): Promise<void> {
    if (!(await this.renew())) throw new LeaseLost(this.name);
  }

  /**
   * Fences a transaction: the database commits it only if this process still has the lease, however long it stalled.
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
    await this.inSession((manager) => this.update(manager, "holder = '', held_until = '2000-01-01'"));
  }

  /** One renewal at a time: where the database is slow, the next one waits. */
  private renewLater(): NodeJS.Timeout {
    const renewAndGoOn = async (): Promise<void> => {
      await this.renew().catch(() => undefined);
      if (this.renewal !== undefined) this.renewal = this.renewLater();
    };
    return setTimeout(() => void renewAndGoOn(), RENEWAL_INTERVAL).unref();
  }

  private async renew(): Promise<boolean> {
    return (await this.inSession((manager) => this.extend(manager))) ?? false;
  }

  private extend(manager: EntityManager): Promise<boolean> {
    return this.update(manager, `held_until = ${now(manager, EXPIRES_AFTER)}`);
  }

  /** @returns whether this process has the lease */
  private async update(manager: EntityManager, change: string): Promise<boolean> {
    const isOurs = 'name = ? AND holder = ? AND token = ?';
    const values = [this.name, this.holder, this.token];
    return (await changed(manager, `UPDATE ${TABLE} SET ${change} WHERE ${isOurs}`, values)) === 1;
  }

  private async read(manager: EntityManager): Promise<number | undefined> {
    const mine = `SELECT token FROM ${TABLE} WHERE name = ? AND holder = ?`;
    const [row] = await manager.query<{ token: number | string }[]>(mine, [this.name, this.holder]);
    return row === undefined ? undefined : Number(row.token);
  }

  /** @returns undefined where another process wrote the same row at the same time */
  private async inSession<Result>(
    work: (manager: EntityManager) => Promise<Result>,
  ): Promise<Result | undefined> {
    try {
      return await this.session(work);
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
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
async function changed(manager: EntityManager, statement: string, values: unknown[]): Promise<number> {
  const result = await manager.queryRunner?.query(statement, values, true);
  return result?.affected ?? 0;
}
