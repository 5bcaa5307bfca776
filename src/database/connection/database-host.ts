import type { ConnectionOptions } from 'mysql2';
import type { DataSource, EntityManager } from 'typeorm';
import { Bag } from '../../common/bag.js';
import { errorText } from '../../common/error-text.js';
import { workSlot } from '../../common/work-slots.js';
import { withTimeout } from '../../common/with-timeout.js';
import { HostPool } from './host-pool.js';
import { HostState } from './host-state.js';
import { isFaultOfHost } from './mysql-errors.js';
import type { Connections } from './pool-watch.js';
import { runTransaction, TransactionFailed } from './transaction.js';

/** How a host is reached. */
export interface HostAccess {
  /** Makes a DataSource to read from, not yet connected. */
  readonly open: () => DataSource;
  /** Makes a DataSource to write to, not yet connected; undefined where the service only reads. */
  readonly openToWrite?: () => DataSource;
  /** Reads the address for probes beside the pools; undefined for a file, which is never down. */
  readonly readAddress?: () => ConnectionOptions;
}

interface Waiting {
  giveUp: (reason: Error) => void;
}

/** One of the servers that hold a database: whether it is up, and the pools of connections to it. */
export class DatabaseHost {
  private readonly state: HostState;
  private readonly reading: HostPool;
  /** Transactions have connections of their own, so that they take none from readers. */
  private readonly writing: HostPool | undefined;
  private readonly waiting = new Bag<Waiting>();
  private readonly isFile: boolean;
  /** On a file, each transaction waits for the one before. */
  private lastTransaction: Promise<unknown> = Promise.resolve();

  /**
   * @param name for the log
   * @throws what `readAddress` throws
   */
  constructor(name: string, { open, openToWrite, readAddress }: HostAccess) {
    this.reading = new HostPool(name, open);
    this.writing = openToWrite === undefined ? undefined : new HostPool(name, openToWrite);
    this.isFile = readAddress === undefined;
    this.state = new HostState(name, readAddress, (reason) => {
      void this.reading.close(true);
      void this.writing?.close(true);
      for (const { giveUp } of this.waiting) giveUp(new Error(`${name} went down: ${reason}`));
    });
  }

  /** Whether the host is reachable, by the last observation. */
  isUp(): boolean {
    return this.state.isUp();
  }

  /** Whether it responds to a probe, within half a second. The result does not change its state. */
  responds(): Promise<boolean> {
    return this.state.responds();
  }

  /** All connections to it; undefined where there is no pool. */
  connections(): Connections | undefined {
    const all = [this.reading.counts(), this.writing?.counts()].filter((counts) => counts !== undefined);
    return all.length === 0 ? undefined : sumOf(all);
  }

  /**
   * Runs `question`. Runs it a second time if its connection broke and the host responds to a probe.
   *
   * @param deadline as of `performance.now()`
   * @param suspectAfter after how many milliseconds without an answer the host is probed
   * @throws the driver's own error, or that of the deadline; `isUp()` then says whether the host can still be used
   */
  async run<Answer>(
    deadline: number,
    question: (source: DataSource) => Promise<Answer>,
    suspectAfter: number,
  ): Promise<Answer> {
    try {
      return await this.runInTime(deadline, question, suspectAfter);
    } catch (error) {
      if (!isFaultOfHost(error)) throw error;
      const responds = await withTimeout(deadline - performance.now(), this.state.check(errorText(error)));
      if (!responds) throw error;
    }
    return this.runInTime(deadline, question, suspectAfter);
  }

  /**
   * Runs one transaction, once.
   *
   * @param deadline as of `performance.now()`
   * @throws TransactionFailed where the database is to blame; else what `work` throws
   */
  async transact<Result>(
    deadline: number,
    work: (manager: EntityManager) => Promise<Result>,
  ): Promise<Result> {
    const pool = this.writing;
    if (pool === undefined) throw new Error('this database is only read');
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

  /** Fails at the deadline, and as soon as the host is down. */
  private async runInTime<Answer>(
    deadline: number,
    question: (source: DataSource) => Promise<Answer>,
    suspectAfter: number,
  ): Promise<Answer> {
    const asked = performance.now();
    const timers = new Set<NodeJS.Timeout>();
    const waiting: Waiting = { giveUp: () => undefined };
    const failure = new Promise<never>((_resolve, reject) => {
      waiting.giveUp = reject;
    });
    this.waiting.add(waiting);
    timers.add(
      setTimeout(() => {
        this.reading.dropUnanswered(asked);
        waiting.giveUp(new Error('no answer in time'));
      }, deadline - asked),
    );
    // Where the host answers other requests meanwhile, or a probe, the query is slow, and not the host.
    const look = (): void => {
      const silence = performance.now() - Math.max(asked, this.reading.lastAnswer());
      if (silence >= suspectAfter) void this.state.check('it does not respond');
      else timers.add(setTimeout(look, suspectAfter - silence));
    };
    look();
    try {
      const answer = this.source(deadline).then(question);
      return await Promise.race([answer, failure]);
    } finally {
      this.waiting.remove(waiting);
      for (const timer of timers) clearTimeout(timer);
    }
  }

  private async source(deadline: number): Promise<DataSource> {
    // The embedded database works in this process, and blocks it for as long as it works.
    const turn = this.isFile ? workSlot() : undefined;
    if (turn !== undefined) await turn;
    if (deadline < performance.now()) throw new Error('no time is left for the query');
    return this.reading.source();
  }
}

/** The sum of several pools. */
export function sumOf(all: readonly Connections[]): Connections {
  const sum = { inUse: 0, idle: 0, waiting: 0 };
  for (const { inUse, idle, waiting } of all) {
    sum.inUse += inUse;
    sum.idle += idle;
    sum.waiting += waiting;
  }
  return sum;
}
