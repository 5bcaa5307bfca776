import { setTimeout as sleep } from 'node:timers/promises';
import type { DataSource, EntityManager } from 'typeorm';
import { isMistake } from '../../common/is-mistake.js';
import { topic } from '../../common/topic.js';
import { within } from '../../common/within.js';
import { Batch } from './batch.js';
import { type DatabaseHost, sumOf } from './database-host.js';
import type { Key, Lookup } from '../rows/lookup.js';
import { asCompared } from '../rows/rows.js';
import type { Connections } from './pool-watch.js';
import { timeLimits } from './time-limits.js';
import { TransactionFailed } from './transaction.js';

/** The database gave no answer: it is unreachable, too slow, or refuses. The cause is for the log, not for the caller. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database gave no answer', { cause });
  }
}

/** Nobody knows whether the transaction was committed. */
export class CommitUnconfirmed extends DatabaseUnavailable {}

/** The longest pause before a transaction runs again, in milliseconds: random, so that two do not meet again. */
const LONGEST_PAUSE = 50;

/** A question that was asked of a database, in as many requests as it was about. */
export interface AskedQuestion {
  /** Its id. */
  readonly database: string;
  /** Whether it was answered in time. */
  readonly isAnswered: boolean;
  /** With the wait for a connection. */
  readonly seconds: number;
}

export const questions = topic<AskedQuestion>('database-question');

/** One database that holds servers and what belongs to them: the own store, or a cell of Nova. */
export class Database {
  private readonly batches = new Map<Lookup, Batch<never>>();

  /**
   * @param name for the log
   * @param id for metrics; tells nothing of where it is
   * @param hosts all hold the same, and the earlier ones are preferred; without any the database is down
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
   * Asks one question of the first host that is up, and of the next one when that is unreachable. Where no host is up it
   * fails at once.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when the database fails or refuses, and when the deadline has come
   */
  async read<Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    const asked = performance.now();
    let isAnswered = false;
    let failure: unknown = new Error(`${this.name} is down`);
    try {
      for (const [index, host] of this.hosts.entries()) {
        if (!host.isUp()) continue;
        if (deadline <= performance.now()) throw new DatabaseUnavailable(new Error('no time is left to ask'));
        const isLast = !this.hosts.slice(index + 1).some((next) => next.isUp());
        try {
          const suspectAfter = isLast ? timeLimits().suspectLast : timeLimits().suspect;
          const answer = await host.run(deadline, question, suspectAfter);
          isAnswered = true;
          return answer;
        } catch (error) {
          if (isMistake(error)) throw error;
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
   * Runs one transaction on the first host that is up. A transaction that did not begin, or that was rolled back because
   * another one was in its way, runs again. One whose connection broke while it ran does not: `work` may have done more
   * than write, and nobody knows whether a commit without an answer was done.
   *
   * @param work has no effect beside the statements that it sends by the manager
   * @param isIdempotent whether it may run again after its connection broke: to write twice is to write once
   * @param deadline as of `performance.now()`
   * @throws CommitUnconfirmed; DatabaseUnavailable where nothing was written; what `work` throws, and what the database
   *   has against its values, then likewise
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
   * The rows of one key. What others want at the same time is asked for together with it: a question costs the
   * database and this process far more than the rows that it is about.
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
      return await within(deadline - performance.now(), batch.load(key.map(asCompared), deadline));
    } catch (error) {
      throw error instanceof DatabaseUnavailable || isMistake(error) ? error : new DatabaseUnavailable(error);
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
