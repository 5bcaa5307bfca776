import type { EntityManager, QueryRunner } from 'typeorm';
import { isSqlite } from '../rows/is-sqlite.js';
import { withTimeout } from '../../common/with-timeout.js';
import type { HostPool } from './host-pool.js';
import { failureKind } from './mysql-errors.js';
import { timeLimits } from './time-limits.js';

/**
 * The stage at which a transaction failed:
 * - `not begun`: no statement of the transaction ran.
 * - `rolled back`: the database rolled the transaction back because of a conflict with another transaction.
 * - `broken`: the connection broke, or the deadline passed, before the commit. The database rolls the transaction back.
 * - `unconfirmed`: the connection broke, or the deadline passed, during the commit. The database may have committed the
 *   transaction.
 */
type Stage = 'not begun' | 'rolled back' | 'broken' | 'unconfirmed';

/**
 * The error of a transaction that failed because of the database, or because of a conflict with another transaction.
 */
export class TransactionFailed extends Error {
  constructor(
    readonly stage: Stage,
    cause: unknown,
  ) {
    super(`the transaction failed: ${stage}`, { cause });
  }
}

/**
 * Runs a transaction on a connection of the pool, without a second attempt.
 *
 * @param deadline the time at which the connection is closed, so that the database rolls the transaction back; on the
 * clock of `performance.now()`
 * @throws TransactionFailed, the error that `work` throws, or the database's error about a value, such as a duplicate
 */
export async function runTransaction<Result>(
  pool: HostPool,
  deadline: number,
  work: (manager: EntityManager) => Promise<Result>,
): Promise<Result> {
  const runner = await begin(pool, deadline);
  const progress = { isCommitting: false, isPastDeadline: false };
  const run = async (): Promise<Result> => {
    const result = await work(runner.manager);
    if (progress.isPastDeadline) throw new Error('the deadline passed before the commit');
    progress.isCommitting = true;
    await runner.commitTransaction();
    return result;
  };
  try {
    const result = await withTimeout(deadline - performance.now(), run(), () => {
      progress.isPastDeadline = true;
    });
    await runner.release();
    return result;
  } catch (error) {
    const kind = progress.isPastDeadline ? 'host' : failureKind(error);
    if (kind === 'host') {
      closeConnection(pool, runner);
      throw new TransactionFailed(progress.isCommitting ? 'unconfirmed' : 'broken', error);
    }
    await rollBack(pool, runner);
    throw kind === 'conflict' ? new TransactionFailed('rolled back', error) : error;
  }
}

async function begin(pool: HostPool, deadline: number): Promise<QueryRunner> {
  let runner: QueryRunner | undefined;
  try {
    if (deadline <= performance.now()) throw new Error('the deadline passed before the transaction began');
    const source = await withTimeout(deadline - performance.now(), Promise.resolve(pool.source()));
    runner = source.createQueryRunner();
    const limit = (): number => Math.min(deadline - performance.now(), timeLimits().probeLastHostAfter);
    await withTimeout(limit(), runner.connect());
    // This statement has a time limit, because the connection may have broken while it was idle in the pool. Over an
    // open connection, the database responds to this statement immediately.
    await withTimeout(limit(), runner.startTransaction());
    return runner;
  } catch (error) {
    if (runner !== undefined) closeConnection(pool, runner);
    throw new TransactionFailed('not begun', error);
  }
}

/** Rolls the transaction back and returns the connection to the pool. */
async function rollBack(pool: HostPool, runner: QueryRunner): Promise<void> {
  try {
    // If the transaction is not active any more, the database has already rolled it back.
    if (runner.isTransactionActive) await withTimeout(timeLimits().close, runner.rollbackTransaction());
    await runner.release();
  } catch {
    closeConnection(pool, runner);
  }
}

/** Closes the connection of a transaction, even while a statement is in progress. */
function closeConnection(pool: HostPool, runner: QueryRunner): void {
  if (isSqlite(runner.dataSource)) {
    void pool.close();
    return;
  }
  destroyConnection(runner);
}

/** Closes the connection of a QueryRunner on MySQL or MariaDB, without notifying the server. */
export function destroyConnection(runner: QueryRunner): void {
  // If the connection is still being opened, this closes the connection as soon as it is open.
  const connected = runner.connect() as Promise<{ destroy: () => void }>;
  connected.then(
    (connection) => {
      connection.destroy();
    },
    () => undefined,
  );
}
