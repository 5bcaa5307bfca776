import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { isProgrammingError } from '../../common/is-programming-error.js';
import { topic } from '../../common/topic.js';
import { withTimeout } from '../../common/with-timeout.js';
import { Batch } from './batch.js';
import { type DatabaseHost, sumOf } from './database-host.js';
import type { Key, Lookup } from '../rows/lookup.js';
import { asCompared } from '../rows/rows.js';
import type { Connections } from './pool-watch.js';
import { timeLimits } from './time-limits.js';
import { TransactionFailed } from './transaction.js';

/** The error when a database is unreachable, too slow, or rejects the query. Only the log contains its cause. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database is unavailable', { cause });
  }
}

/** The error when the response to a commit is lost: the database may or may not have committed the transaction. */
export class CommitUnconfirmed extends DatabaseUnavailable {}

/** The longest pause before a transaction runs again, in milliseconds. A random pause avoids a second conflict. */
const MAX_RETRY_PAUSE = 50;

/** A read or a transaction that has finished, for metrics. One read may serve many requests. */
export interface FinishedOperation {
  /** The id of the database. */
  readonly database: string;
  /** True if the database responded in time. */
  readonly isAnswered: boolean;
  /** The duration, including the wait for a connection. */
  readonly seconds: number;
}

/** The topic to which every `Database` publishes its finished operations. */
export const finishedOperations = topic<FinishedOperation>('database-operation');

/** One database on one or several hosts: the own store, or a database of Nova. */
export class Database {
  private readonly batches = new Map<Lookup, Batch<never>>();

  /**
   * @param name for the log
   * @param id for metrics and health checks; it does not reveal the address
   * @param hosts servers with the same rows, of which the first one that is up is used; if empty, the database is down
   */
  constructor(
    readonly name: string,
    readonly id: string,
    private readonly hosts: readonly DatabaseHost[],
  ) {}

  /** Counts the connections to all hosts; undefined if no pool is open, and for a file. */
  connections(): Connections | undefined {
    const all = this.hosts.flatMap((host) => host.connections() ?? []);
    return all.length === 0 ? undefined : sumOf(all);
  }

  /** Returns true if any host responded the last time that it was checked. */
  isUp(): boolean {
    return this.hosts.some((host) => host.isUp());
  }

  /** Sends probes. @returns true if any host responds within half a second */
  async responds(): Promise<boolean> {
    const responses = await Promise.all(this.hosts.map((host) => host.responds()));
    return responses.includes(true);
  }

  /**
   * Runs `query` on the first host that is up. If that host goes down, runs it on the next one. If no host is up, fails
   * at once.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if the database fails or rejects the query, and at the deadline
   */
  async read<Answer>(deadline: number, query: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    const startedAt = performance.now();
    let isAnswered = false;
    let failure: unknown = new Error(`${this.name} is down`);
    try {
      for (const [index, host] of this.hosts.entries()) {
        if (!host.isUp()) continue;
        if (deadline <= performance.now())
          throw new DatabaseUnavailable(new Error('the deadline passed before the query was sent'));
        const isLast = !this.hosts.slice(index + 1).some((next) => next.isUp());
        try {
          const probeAfter = isLast ? timeLimits().probeLastHostAfter : timeLimits().probeAfter;
          const answer = await host.run(deadline, query, probeAfter);
          isAnswered = true;
          return answer;
        } catch (error) {
          if (isProgrammingError(error)) throw error;
          failure = error;
          if (host.isUp()) break;
        }
      }
      throw new DatabaseUnavailable(failure);
    } finally {
      this.publish(startedAt, isAnswered);
    }
  }

  /**
   * Runs one transaction on the first host that is up. Runs it again if it could not begin, or if the database rolled
   * it back because of a conflict with another transaction. Does not run it again if its connection broke, because the
   * database may have committed it.
   *
   * @param work sends its statements through the manager; it must have no other effect, because it may run several times
   * @param isIdempotent true if the transaction may run again after its connection broke
   * @param deadline on the clock of `performance.now()`
   * @throws CommitUnconfirmed if the transaction may have been committed. In all other cases nothing was written:
   *   DatabaseUnavailable, the error that `work` throws, or the database's error about a value
   */
  async write<Result>(
    work: (manager: EntityManager) => Promise<Result>,
    { isIdempotent = false, deadline = performance.now() + timeLimits().transaction } = {},
  ): Promise<Result> {
    const startedAt = performance.now();
    let isAnswered = false;
    let mayBeDone = false;
    try {
      let failure: unknown = new Error(`${this.name} is down`);
      for (;;) {
        const host = this.hosts.find((one) => one.isUp());
        if (host === undefined || deadline <= performance.now()) throw unwritten(failure, mayBeDone);
        try {
          const result = await host.transact(deadline, work);
          isAnswered = true;
          return result;
        } catch (error) {
          if (!(error instanceof TransactionFailed)) throw error;
          failure = error.cause;
          mayBeDone ||= error.stage === 'unconfirmed';
          const mayRunAgain = error.stage === 'not begun' || error.stage === 'rolled back' || isIdempotent;
          if (!mayRunAgain) throw unwritten(failure, mayBeDone);
          await sleep(Math.random() * MAX_RETRY_PAUSE);
        }
      }
    } finally {
      this.publish(startedAt, isAnswered);
    }
  }

  /**
   * Reads the rows of one key. One query serves all requests that use the same lookup at the same time, because each
   * query costs the database and this process far more than the rows that it returns.
   *
   * @param deadline from `answerDeadline()`
   * @throws as `read`
   */
  async load<Row extends object>(deadline: number, lookup: Lookup, key: Key): Promise<Row[]> {
    let batch = this.batches.get(lookup);
    if (batch === undefined) {
      batch = new Batch(lookup, this.read.bind(this));
      this.batches.set(lookup, batch);
    }
    try {
      return await withTimeout(deadline - performance.now(), batch.add(key.map(asCompared), deadline));
    } catch (error) {
      throw error instanceof DatabaseUnavailable || isProgrammingError(error)
        ? error
        : new DatabaseUnavailable(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
  }

  private publish(startedAt: number, isAnswered: boolean): void {
    if (!finishedOperations.hasSubscribers) return;
    finishedOperations.publish({
      database: this.id,
      isAnswered,
      seconds: (performance.now() - startedAt) / 1_000,
    });
  }
}

function unwritten(failure: unknown, mayBeDone: boolean): DatabaseUnavailable {
  return mayBeDone ? new CommitUnconfirmed(failure) : new DatabaseUnavailable(failure);
}
