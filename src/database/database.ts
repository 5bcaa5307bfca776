import type { DataSource } from 'typeorm';

/** The store gave no answer: it is away, too slow, or refuses. The cause is for the log, not for the caller. */
export class DatabaseUnavailable extends Error {
  constructor(cause: unknown) {
    super('the database gave no answer', { cause });
  }
}

/** How long a caller waits for one question, in milliseconds, before it counts as unanswered. */
const ANSWER_TIME_LIMIT = 1_800;

/** One database that holds servers and what belongs to them: the own store, or a cell of Nova. */
export class Database {
  constructor(private readonly source: DataSource) {}

  /**
   * Asks one question.
   *
   * @throws DatabaseUnavailable for whatever goes wrong, at the latest after two seconds
   */
  async read<Answer>(question: (source: DataSource) => Promise<Answer>): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`no answer in ${ANSWER_TIME_LIMIT} ms`));
      }, ANSWER_TIME_LIMIT);
    });
    try {
      return await Promise.race([question(this.source), limit]);
    } catch (error) {
      throw new DatabaseUnavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    return this.source.destroy();
  }
}
