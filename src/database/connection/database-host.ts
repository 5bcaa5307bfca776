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

/** The functions that connect to a host. */
export interface HostAccess {
  /** Makes a DataSource to read from, not yet connected. */
  readonly open: () => DataSource;
  /** Makes a DataSource to write to, not yet connected; undefined if the service only reads. */
  readonly openToWrite?: () => DataSource;
  /** Reads the address for probes, which use their own connection; undefined for a file, which is never down. */
  readonly readAddress?: () => ConnectionOptions;
}

/** A query that waits for its response. */
interface Waiting {
  reject: (reason: Error) => void;
}

/** One of the servers of a database: its state (up or down) and the connection pools to it. */
export class DatabaseHost {
  private readonly state: HostState;
  private readonly reading: HostPool;
  /** The pool for transactions. It is separate, so that reads always have their own connections. */
  private readonly writing: HostPool | undefined;
  private readonly waiting = new Bag<Waiting>();
  private readonly isFile: boolean;
  /** The last transaction on a file: the next one waits for it. */
  private lastTransaction: Promise<unknown> = Promise.resolve();

  /**
   * @param name for the log
   * @throws the errors of `readAddress`
   */
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

  /** Returns true if the host responded the last time that it was checked. */
  isUp(): boolean {
    return this.state.isUp();
  }

  /** Sends a probe. @returns true if the host responds within half a second; this does not change its state */
  responds(): Promise<boolean> {
    return this.state.responds();
  }

  /** Counts the connections to the host; undefined if there is no pool. */
  connections(): Connections | undefined {
    const all = [this.reading.counts(), this.writing?.counts()].filter((counts) => counts !== undefined);
    return all.length === 0 ? undefined : sumOf(all);
  }

  /**
   * Runs `query`. If its connection breaks and the host responds to a probe, runs it a second time.
   *
   * @param deadline on the clock of `performance.now()`
   * @param probeAfter the time without a response after which the host is probed, in milliseconds
   * @throws the driver's error, or an error at the deadline; `isUp()` then says if the host can still be used
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
   * Runs one transaction, once.
   *
   * @param deadline on the clock of `performance.now()`
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

  /** Runs `query`, and fails at the deadline or as soon as the host is down. */
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
    // The host counts as up while it responds to other queries or to a probe: then only this query is slow.
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
    // A query on the embedded database blocks this process, so it waits for its turn of the event loop.
    const turn = this.isFile ? workSlot() : undefined;
    if (turn !== undefined) await turn;
    if (deadline < performance.now()) throw new Error('the deadline passed before the query was sent');
    return this.reading.source();
  }
}

/** Adds up the connections of several pools. */
export function sumOf(all: readonly Connections[]): Connections {
  const sum = { inUse: 0, idle: 0, waiting: 0 };
  for (const { inUse, idle, waiting } of all) {
    sum.inUse += inUse;
    sum.idle += idle;
    sum.waiting += waiting;
  }
  return sum;
}
