import type { EntityManager, QueryRunner } from 'typeorm';
import { withTimeout } from '../../common/with-timeout.js';
import type { HostPool } from './host-pool.js';
import { kindOfFailure } from './mysql-errors.js';
import { timeLimits } from './time-limits.js';

/**
 * How far a transaction came that failed:
 * - `not begun`: nothing ran.
 * - `rolled back`: the database undid it because of a conflict with another transaction.
 * - `broken`: its connection broke, or its deadline came, while it ran. The database undoes it.
 * - `unconfirmed`: likewise, while it was committed. The database may have committed it.
 */
type Stage = 'not begun' | 'rolled back' | 'broken' | 'unconfirmed';

/** A transaction failed, and the database is to blame. */
export class TransactionFailed extends Error {
  constructor(
    readonly stage: Stage,
    cause: unknown,
  ) {
    super(`the transaction failed: ${stage}`, { cause });
  }
}

/**
 * Runs one transaction on a connection of the pool, once.
 *
 * @param deadline as of `performance.now()`; then the connection is closed, so that the database undoes the transaction
 * @throws TransactionFailed; the error that `work` throws; the database's own error about a value, such as a duplicate
 */
export async function runTransaction<Result>(
  pool: HostPool,
  deadline: number,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  const runner = await begin(pool, deadline);
  const progress = { isCommitting: false, isOver: false };
  const run = async (): Promise<Result> => {
    const result = await work(runner.manager);
    if (progress.isOver) throw new Error('its time is over');
    progress.isCommitting = true;
    await runner.commitTransaction();
    return result;
  };
  try {
    const result = await withTimeout(deadline - performance.now(), run(), () => {
      progress.isOver = true;
    });
    await runner.release();
    return result;
  } catch (error) {
    const kind = progress.isOver ? 'host' : kindOfFailure(error);
    if (kind === 'host') {
      abandon(pool, runner);
      throw new TransactionFailed(progress.isCommitting ? 'unconfirmed' : 'broken', error);
    }
    await undo(pool, runner);
    throw kind === 'conflict' ? new TransactionFailed('rolled back', error) : error;
  }
}

async function begin(pool: HostPool, deadline: number): Promise<QueryRunner> {
  let runner: QueryRunner | undefined;
  try {
    if (deadline <= performance.now()) throw new Error('no time is left to begin');
    const source = await withTimeout(deadline - performance.now(), Promise.resolve(pool.source()));
    runner = source.createQueryRunner();
    const limit = (): number => Math.min(deadline - performance.now(), timeLimits().suspectLast);
    await withTimeout(limit(), runner.connect());
    // A connection may have died while it was idle in the pool. One that is alive answers this at once.
    await withTimeout(limit(), runner.startTransaction());
    return runner;
  } catch (error) {
    if (runner !== undefined) abandon(pool, runner);
    throw new TransactionFailed('not begun', error);
  }
}

/** Rolls the transaction back and returns the connection to the pool. */
async function undo(pool: HostPool, runner: QueryRunner): Promise<void> {
  try {
    // The database may have rolled it back by itself.
    if (runner.isTransactionActive) await withTimeout(timeLimits().close, runner.rollbackTransaction());
    await runner.release();
  } catch {
    abandon(pool, runner);
  }
}

/** Closes the connection, whatever it does at the moment. */
function abandon(pool: HostPool, runner: QueryRunner): void {
  if (runner.dataSource.options.type === 'better-sqlite3') {
    void pool.close();
    return;
  }
  // A connection that is still being opened is closed afterwards.
  const connected = runner.connect() as Promise<{ destroy: () => void }>;
  connected.then(
    (connection) => {
      connection.destroy();
    },
    () => undefined,
  );
}
