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

/** The database gave no answer: it is unreachable, too slow, or refuses. The cause is for the log, not for the client. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database gave no answer', { cause });
  }
}

/** The database did not confirm the commit: the transaction may have been committed, or not. */
export class CommitUnconfirmed extends DatabaseUnavailable {}

/** The longest pause before a transaction runs again, in milliseconds. It is random, so that two do not collide again. */
const LONGEST_PAUSE = 50;

/** A read or a transaction that has ended. One read may serve many requests. */
export interface AskedQuestion {
  /** The id of the database. */
  readonly database: string;
  /** Whether the database answered in time. */
  readonly isAnswered: boolean;
  /** How long it took, with the wait for a connection. */
  readonly seconds: number;
}

export const questions = topic<AskedQuestion>('database-question');

/** One database on one or several hosts: the own store, or a database of Nova. */
export class Database {
  private readonly batches = new Map<Lookup, Batch<never>>();

  /**
   * @param name for the log
   * @param id for metrics and health checks; it does not show the address
   * @param hosts all hold the same rows; the first one that is up is used; without hosts the database is down
   */
  constructor(
    readonly name: string,
    readonly id: string,
    private readonly hosts: readonly DatabaseHost[],
  ) {}

  /** The connections to all hosts; undefined where there is none yet, and for a file. */
  connections(): Connections | undefined {
    const all = this.hosts.flatMap((host) => host.connections() ?? []);
    return all.length === 0 ? undefined : sumOf(all);
  }

  /** Whether any host is up, as far as is known. */
  isUp(): boolean {
    return this.hosts.some((host) => host.isUp());
  }

  /** Whether any host responds to a probe, within half a second. */
  async responds(): Promise<boolean> {
    const responses = await Promise.all(this.hosts.map((host) => host.responds()));
    return responses.includes(true);
  }

  /**
   * Runs `question` on the first host that is up, and on the next one when that host turns out to be down. It fails at
   * once where no host is up.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when the database fails or refuses, and at the deadline
   */
  async read<Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    const asked = performance.now();
    let isAnswered = false;
    let failure: unknown = new Error(`${this.name} is down`);
    try {
      for (const [index, host] of this.hosts.entries()) {
        if (!host.isUp()) continue;
        if (deadline <= performance.now())
          throw new DatabaseUnavailable(new Error('no time is left for the query'));
        const isLast = !this.hosts.slice(index + 1).some((next) => next.isUp());
        try {
          const suspectAfter = isLast ? timeLimits().suspectLast : timeLimits().suspect;
          const answer = await host.run(deadline, question, suspectAfter);
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
      this.publish(asked, isAnswered);
    }
  }

  /**
   * Runs one transaction on the first host that is up. It runs again where it did not begin, and where the database
   * rolled it back because of a conflict with another transaction. It does not run again where its connection broke:
   * the database may have committed it.
   *
   * @param work sends its statements by the manager, and has no other effect: it may run several times
   * @param isIdempotent whether the transaction may run again after its connection broke
   * @param deadline as of `performance.now()`
   * @throws CommitUnconfirmed; DatabaseUnavailable where nothing was written; the error that `work` throws, or the
   *   database's own error about a value: then nothing was written either
   */
  async write<Result>(
    work: (manager: EntityManager) => Promise<Result>,
    { isIdempotent = false, deadline = performance.now() + timeLimits().transaction } = {},
  ): Promise<Result> {
    const asked = performance.now();
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
          await sleep(Math.random() * LONGEST_PAUSE);
        }
      }
    } finally {
      this.publish(asked, isAnswered);
    }
  }

  /**
   * Reads the rows of one key. One query serves all requests that want rows of the same lookup at the same time: a query
   * costs the database and this process far more than the rows that it returns.
   *
   * @param deadline as of `answerDeadline()`
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

  private publish(asked: number, isAnswered: boolean): void {
    if (!questions.hasSubscribers) return;
    questions.publish({ database: this.id, isAnswered, seconds: (performance.now() - asked) / 1_000 });
  }
}

function unwritten(failure: unknown, mayBeDone: boolean): DatabaseUnavailable {
  return mayBeDone ? new CommitUnconfirmed(failure) : new DatabaseUnavailable(failure);
}
