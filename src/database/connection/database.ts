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
import { type Read, runSnapshot } from './snapshot.js';
import { timeLimits } from './time-limits.js';
import { TransactionFailed } from './transaction.js';

/**
 * The error when a database is unreachable, is too slow, or rejects the query. The cause is written to the log, and
 * never to a response.
 */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database is unavailable', { cause });
  }
}

/**
 * The error when the response to a COMMIT statement is lost. The database may or may not have committed the
 * transaction.
 */
export class CommitUnconfirmed extends DatabaseUnavailable {}

/**
 * The maximum pause before a transaction runs again after a conflict, in milliseconds. The pause is random, so that the
 * same transactions do not conflict again.
 */
const MAX_RETRY_PAUSE = 50;

/** A finished read or transaction, for the metrics. One read may return the rows for many requests. */
export interface FinishedOperation {
  /** The name of the database in metrics and health checks. */
  readonly database: string;
  /** True if the database responded in time. */
  readonly isAnswered: boolean;
  /** The duration in seconds, including the wait for a connection. */
  readonly seconds: number;
}

/** The topic to which every `Database` publishes its finished operations. */
export const finishedOperations = topic<FinishedOperation>('database-operation');

/** One database on one or several hosts: the service's own database, or one of Nova's databases. */
export class Database {
  private readonly batches = new Map<Lookup, Batch<never>>();

  /**
   * @param name the name of the database in the log
   * @param id the identifier of the database in metrics and health checks. It does not contain the address
   * @param hosts the hosts, which all have the same rows. The service uses the first host that is up. If the list is
   * empty, the database is down
   */
  constructor(
    readonly name: string,
    readonly id: string,
    private readonly hosts: readonly DatabaseHost[],
  ) {}

  /**
   * Returns the numbers of connections to all hosts together; undefined if no pool is open, or if the database is a
   * file.
   */
  connections(): Connections | undefined {
    const all = this.hosts.flatMap((host) => host.connections() ?? []);
    return all.length === 0 ? undefined : sumOf(all);
  }

  /** Returns true if at least one host is marked as up. Sends no probe. */
  isUp(): boolean {
    return this.hosts.some((host) => host.isUp());
  }

  /** Sends a probe to each host. @returns true if at least one host responds within half a second */
  async responds(): Promise<boolean> {
    const responses = await Promise.all(this.hosts.map((host) => host.responds()));
    return responses.includes(true);
  }

  /**
   * Runs `query` on the first host that is up. If that host goes down, runs `query` on the first other host that is then
   * up. Fails immediately if no host is up.
   *
   * @param deadline from `answerDeadline()`
   * @throws DatabaseUnavailable if the database fails or rejects the query, or if the deadline passes
   */
  async read<Answer>(deadline: number, query: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    const startedAt = performance.now();
    let isAnswered = false;
    let failure: unknown = new Error(`${this.name} is down`);
    try {
      const untried = new Set(this.hosts);
      for (;;) {
        const [host, ...others] = [...untried].filter((one) => one.isUp());
        if (host === undefined) break;
        if (deadline <= performance.now())
          throw new DatabaseUnavailable(new Error('the deadline passed before the query was sent'));
        untried.delete(host);
        try {
          const probeAfter = others.length === 0 ? timeLimits().probeLastHostAfter : timeLimits().probeAfter;
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
   * Runs several statements on one consistent view of the database, which must be on MySQL or MariaDB. If the host goes
   * down, runs all of them again on another host. Closes the connection at the deadline.
   *
   * @param work a function that sends statements through the given function. It must have no other effect, because it
   * may run several times
   * @throws as `read`
   */
  snapshot<Result>(deadline: number, work: (read: Read) => Promise<Result>): Promise<Result> {
    return this.read(deadline, (source) => runSnapshot(source, deadline, work));
  }

  /**
   * Runs a transaction on the first host that is up. Runs the transaction again if it could not begin, or if the
   * database rolled it back because of a conflict with another transaction. Does not run the transaction again if its
   * connection broke, because the database may have committed it.
   *
   * @param work a function that sends statements through the given manager. It must have no other effect, because it
   * may run several times
   * @param isIdempotent true if the transaction may run again after its connection broke
   * @param deadline the time at which the transaction fails, on the clock of `performance.now()`
   * @throws CommitUnconfirmed if the database may have committed the transaction. After any other error, the database
   * has stored nothing: DatabaseUnavailable, the error that `work` throws, or the database's error about a value
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
   * Reads the rows of one key. Requests that use the same lookup at the same time share one query, because a query
   * takes far more time, in the database and in this process, than the few rows that it returns.
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
