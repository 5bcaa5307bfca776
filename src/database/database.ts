import type { DataSource } from 'typeorm';
import { within } from '../common/within.js';
import { Batch, type Key, type Lookup } from './batch.js';
import type { DatabaseHost } from './database-host.js';

/** The store gave no answer: it is away, too slow, or refuses. The cause is for the log, not for the caller. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database gave no answer', { cause });
  }
}

/** How long a caller waits for the store, over all questions of one request, in milliseconds. */
const ANSWER_TIME_LIMIT = 1_800;

/** After how long without an answer a host must show that it lives, in milliseconds: where there is another one, and where not. */
const SUSPECT_AFTER = 400;
const SUSPECT_LAST_AFTER = 1_200;

/** The moment, as of `performance.now()`, by which the store must have answered what a request that begins now asks. */
export function answerDeadline(): number {
  return performance.now() + ANSWER_TIME_LIMIT;
}

/** One database that holds servers and what belongs to them: the own store, or a cell of Nova. */
export class Database {
  private readonly batches = new Map<Lookup, Batch<never>>();

  /** @param hosts at least one; all hold the same, and the earlier ones are preferred */
  constructor(
    readonly name: string,
    private readonly hosts: readonly DatabaseHost[],
  ) {}

  /** Whether any host is up, as far as is known. */
  isUp(): boolean {
    return this.hosts.some((host) => host.isUp());
  }

  /**
   * Asks one question of the first host that is up, and of the next one when that does not live. Where none is
   * up the answer is at once that there is none.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when the store fails or refuses, and when the deadline has come
   */
  async read<Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    let failure: unknown = new Error(`${this.name} is down`);
    for (const [index, host] of this.hosts.entries()) {
      if (!host.isUp()) continue;
      if (deadline <= performance.now()) throw new DatabaseUnavailable(new Error('no time is left to ask'));
      const isLast = !this.hosts.slice(index + 1).some((next) => next.isUp());
      try {
        return await host.ask(deadline, question, isLast ? SUSPECT_LAST_AFTER : SUSPECT_AFTER);
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
      return await within(deadline - performance.now(), batch.load(key, deadline));
    } catch (error) {
      throw error instanceof DatabaseUnavailable || isMistake(error) ? error : new DatabaseUnavailable(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.hosts.map((host) => host.close()));
  }
}

/** A mistake in the question, which no other try will mend. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError;
}
