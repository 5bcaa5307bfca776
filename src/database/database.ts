import type { DataSource } from 'typeorm';
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
   * @throws DatabaseUnavailable for whatever goes wrong, and when the deadline has come
   */
  async read<Answer>(deadline: number, question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    try {
      return await within(deadline - performance.now(), question(this.source), () => {
        this.pool.dropUnanswered();
      });
    } catch (error) {
      throw new DatabaseUnavailable(error);
    }
  }

  /** Lets go of the connections, in order where the store takes part in that. */
  async close(): Promise<void> {
    await within(PARTING_TIME_LIMIT, this.source.destroy(), () => {
      this.pool.dropUnanswered();
    }).catch(() => undefined);
  }
}

/** The answer, or after a time limit in milliseconds an error. */
async function within<Answer>(limit: number, answer: Promise<Answer>, onLimit: () => void): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      onLimit();
      reject(new Error('no answer in time'));
    }, limit);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
