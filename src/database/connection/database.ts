import type { DataSource } from 'typeorm';
import { isMistake } from '../../common/is-mistake.js';
import { topic } from '../../common/topic.js';
import { within } from '../../common/within.js';
import { Batch } from './batch.js';
import type { DatabaseHost } from './database-host.js';
import type { Key, Lookup } from '../rows/lookup.js';
import { asCompared } from '../rows/rows.js';
import type { Connections } from './pool-watch.js';
import { timeLimits } from './time-limits.js';

/** The store gave no answer: it is away, too slow, or refuses. The cause is for the log, not for the caller. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database gave no answer', { cause });
  }
}

/** The moment, as of `performance.now()`, by which the store must have answered what a request that begins now asks. */
export function answerDeadline(): number {
  return performance.now() + timeLimits().answer;
}

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
    return all.length === 0
      ? undefined
      : {
          inUse: all.reduce((sum, one) => sum + one.inUse, 0),
          idle: all.reduce((sum, one) => sum + one.idle, 0),
          waiting: all.reduce((sum, one) => sum + one.waiting, 0),
        };
  }

  /** Whether any host is up, as far as is known. */
  isUp(): boolean {
    return this.hosts.some((host) => host.isUp());
  }

  /** Whether any host gives a sign of life, within half a second. */
  async isAlive(): Promise<boolean> {
    const signs = await Promise.all(this.hosts.map((host) => host.givesSignOfLife()));
    return signs.includes(true);
  }

  /**
   * Asks one question of the first host that is up, and of the next one when that does not live. Where none is
   * up the answer is at once that there is none.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when the store fails or refuses, and when the deadline has come
   */
  async read<Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    if (!questions.hasSubscribers) return this.ask(deadline, question);
    const asked = performance.now();
    let isAnswered = false;
    try {
      const answer = await this.ask(deadline, question);
      isAnswered = true;
      return answer;
    } finally {
      questions.publish({ database: this.id, isAnswered, seconds: (performance.now() - asked) / 1_000 });
    }
  }

  private async ask<Answer>(
    deadline: number,
    question: (source: DataSource) => Promise<Answer>,
  ): Promise<Answer> {
    let failure: unknown = new Error(`${this.name} is down`);
    for (const [index, host] of this.hosts.entries()) {
      if (!host.isUp()) continue;
      if (deadline <= performance.now()) throw new DatabaseUnavailable(new Error('no time is left to ask'));
      const isLast = !this.hosts.slice(index + 1).some((next) => next.isUp());
      try {
        const { suspectAfter, suspectLastAfter } = timeLimits();
        return await host.ask(deadline, question, isLast ? suspectLastAfter : suspectAfter);
      } catch (error) {
        if (isMistake(error)) throw error;
        failure = error;
        if (host.isUp()) break;
      }
    }
    throw new DatabaseUnavailable(failure);
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
      batch = new Batch(lookup, (until, question) => this.read(until, question));
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
}
