import type { ConnectionOptions } from 'mysql2';
import type { DataSource, EntityManager } from 'typeorm';
import { Bag } from '../../common/bag.js';
import { errorText } from '../../common/error-text.js';
import { workSlot } from '../../common/work-slots.js';
import { withTimeout } from '../../common/with-timeout.js';
import { HostPool } from './host-pool.js';
import { HostState } from './host-state.js';
import { isHostError } from './mysql-errors.js';
import type { Connections } from './pool-watch.js';
import { runTransaction, TransactionFailed } from './transaction.js';

/** The functions with which a `DatabaseHost` connects to its host. */
export interface HostAccess {
  /** Makes a DataSource for reading. The DataSource is not yet connected. */
  readonly open: () => DataSource;
  /**
   * Makes a DataSource for writing, which is not yet connected; undefined if the service only reads from this database.
   */
  readonly openToWrite?: () => DataSource;
  /**
   * Returns the address of the host. Probes connect to it separately from the pools. Undefined for an SQLite file,
   * which is never down.
   */
  readonly readAddress?: () => ConnectionOptions;
}

/** A query whose response has not arrived. */
interface Waiting {
  reject: (reason: Error) => void;
}

/** One of the hosts of a database: its state (up or down), and the connection pools to this host. */
export class DatabaseHost {
  private readonly state: HostState;
  private readonly reading: HostPool;
  /**
   * The pool for transactions. It is separate from the pool for reads, so that reads never wait for a connection
   * because of transactions.
   */
  private readonly writing: HostPool | undefined;
  private readonly waiting = new Bag<Waiting>();
  private readonly isFile: boolean;
  /** The last transaction on an SQLite file. The next transaction waits until the last one has finished. */
  private lastTransaction: Promise<unknown> = Promise.resolve();

  /** @param name the name of the host in the log @throws the errors of `readAddress` */
  constructor(name: string, { open, openToWrite, readAddress }: HostAccess) {
    this.reading = new HostPool(name, open);
    this.writing = openToWrite === undefined ? undefined : new HostPool(name, openToWrite);
    this.isFile = readAddress === undefined;
    this.state = new HostState(name, readAddress, (reason) => {
      void this.reading.close(true);
      void this.writing?.close(true);
      for (const { reject } of this.waiting) reject(new Error(`${name} went down: ${reason}`));
    });
  }

  /** Returns true if the host is not marked as down. Sends no probe. */
  isUp(): boolean {
    return this.state.isUp();
  }

  /** Sends a probe, without changing the state of the host. @returns true if the host responds within half a second */
  responds(): Promise<boolean> {
    return this.state.responds();
  }

  /** Returns the numbers of connections to the host; undefined if no pool is open. */
  connections(): Connections | undefined {
    const all = [this.reading.counts(), this.writing?.counts()].filter((counts) => counts !== undefined);
    return all.length === 0 ? undefined : sumOf(all);
  }

  /**
   * Runs `query`. If the connection breaks and the host then responds to a probe, runs `query` a second time.
   *
   * @param deadline the time at which the query fails, on the clock of `performance.now()`
   * @param probeAfter in milliseconds. If the host sends no response for this time, the service probes the host
   * @throws the driver's error, or an error at the deadline. After an error, `isUp()` returns true if the host can
   * still be used
   */
  async run<Answer>(
    deadline: number,
    query: (source: DataSource) => Promise<Answer>,
    probeAfter: number,
  ): Promise<Answer> {
    try {
      return await this.runUntilDeadline(deadline, query, probeAfter);
    } catch (error) {
      if (!isHostError(error)) throw error;
      const responds = await withTimeout(deadline - performance.now(), this.state.check(errorText(error)));
      if (!responds) throw error;
    }
    return this.runUntilDeadline(deadline, query, probeAfter);
  }

  /**
   * Runs a transaction, without a second attempt.
   *
   * @param deadline the time at which the transaction fails, on the clock of `performance.now()`
   * @throws TransactionFailed if the database caused the failure; otherwise the error that `work` throws
   */
  async transact<Result>(
    deadline: number,
    work: (manager: EntityManager) => Promise<Result>,
  ): Promise<Result> {
    const pool = this.writing;
    if (pool === undefined) throw new Error('this database is read-only');
    const before = this.lastTransaction;
    const result = (async (): Promise<Result> => {
      if (this.isFile) await before.catch(() => undefined);
      return runTransaction(pool, deadline, work);
    })();
    if (this.isFile) this.lastTransaction = result;
    try {
      return await result;
    } catch (error) {
      if (error instanceof TransactionFailed && error.stage !== 'rolled back') {
        await this.state.check(errorText(error.cause));
      }
      throw error;
    }
  }

  async close(): Promise<void> {
    this.state.close();
    await Promise.all([this.reading.end(), this.writing?.end()]);
  }

  /** Runs `query`. Fails at the deadline, or as soon as the host is marked as down. */
  private async runUntilDeadline<Answer>(
    deadline: number,
    query: (source: DataSource) => Promise<Answer>,
    probeAfter: number,
  ): Promise<Answer> {
    const startedAt = performance.now();
    const timers = new Set<NodeJS.Timeout>();
    const waiting: Waiting = { reject: () => undefined };
    const failure = new Promise<never>((_resolve, reject) => {
      waiting.reject = reject;
    });
    this.waiting.add(waiting);
    timers.add(
      setTimeout(() => {
        this.reading.closeUnresponsive(startedAt);
        waiting.reject(new Error('no response in time'));
      }, deadline - startedAt),
    );
    // Sends a probe if no query on this host has received a response in the last `probeAfter` milliseconds. If the host
    // responds to the probe, the host stays up: only this query is slow.
    const checkSilence = (): void => {
      const silence = performance.now() - Math.max(startedAt, this.reading.lastResponse());
      if (silence >= probeAfter) void this.state.check('it does not respond');
      else timers.add(setTimeout(checkSilence, probeAfter - silence));
    };
    checkSilence();
    try {
      const answer = this.source(deadline).then(query);
      return await Promise.race([answer, failure]);
    } finally {
      this.waiting.remove(waiting);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  private async source(deadline: number): Promise<DataSource> {
    // A query on the embedded database (SQLite) blocks this process. So the query waits until `workSlot` permits new
    // work.
    const turn = this.isFile ? workSlot() : undefined;
    if (turn !== undefined) await turn;
    if (deadline < performance.now()) throw new Error('the deadline passed before the query was sent');
    return this.reading.source();
  }
}

/** Returns the sums of the numbers of connections of several pools. */
export function sumOf(all: readonly Connections[]): Connections {
  const sum = { inUse: 0, idle: 0, waiting: 0 };
  for (const { inUse, idle, waiting } of all) {
    sum.inUse += inUse;
    sum.idle += idle;
    sum.waiting += waiting;
  }
  return sum;
}
