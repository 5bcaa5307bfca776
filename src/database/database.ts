import type { DataSource } from 'typeorm';
import { within } from '../config/within.js';
import { PoolWatch } from './pool-watch.js';

/** The store gave no answer: it is away, too slow, or refuses. The cause is for the log, not for the caller. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database gave no answer', { cause });
  }
}

/** How long a caller waits for the store, over all questions of one request, in milliseconds. */
const ANSWER_TIME_LIMIT = 1_800;

/** How long the store may take to part, in milliseconds. */
const PARTING_TIME_LIMIT = 1_000;

/** The moment, as of `performance.now()`, by which the store must have answered what a request that begins now asks. */
export function answerDeadline(): number {
  return performance.now() + ANSWER_TIME_LIMIT;
}

/** One database that holds servers and what belongs to them: the own store, or a cell of Nova. */
export class Database {
  private readonly pool: PoolWatch;

  constructor(private readonly source: DataSource) {
    this.pool = new PoolWatch(source);
  }

  /**
   * Asks one question.
   *
   * @param deadline as of `answerDeadline()`
   * @throws DatabaseUnavailable when the store fails or refuses, and when the deadline has come
   */
  async read<Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    const asked = performance.now();
    if (deadline <= asked) throw new DatabaseUnavailable(new Error('no time is left to ask'));
    try {
      return await within(deadline - asked, question(this.source), () => {
        this.pool.dropUnanswered(asked);
      });
    } catch (error) {
      // These are mistakes in the question, and no other try will mend them.
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
      throw new DatabaseUnavailable(error);
    }
  }

  /** Lets go of the connections, in order where the store takes part in that. */
  async close(): Promise<void> {
    const begun = performance.now();
    await within(PARTING_TIME_LIMIT, this.source.destroy(), () => {
      this.pool.dropUnanswered(begun);
    }).catch(() => undefined);
  }
}
