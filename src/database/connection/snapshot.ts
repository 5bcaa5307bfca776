import type { DataSource, QueryRunner } from 'typeorm';
import { withTimeout } from '../../common/with-timeout.js';
import { destroyConnection } from './transaction.js';

/** A function that sends one statement of a snapshot, and returns its rows. */
export type Read = <Row>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

/** The connections that have the session settings of `prepare`. */
const prepared = new WeakSet<object>();

/**
 * Runs several statements on one consistent view of a database of Nova, over one connection. If a statement fails, or
 * if the deadline passes, the function closes the connection, so that the database ends the transaction.
 *
 * @param source a DataSource on MySQL or MariaDB
 * @param deadline on the clock of `performance.now()`
 * @throws the driver's error, the error of `work`, or an error at the deadline
 */
export async function runSnapshot<Result>(
  source: DataSource,
  deadline: number,
  work: (read: Read) => Promise<Result>,
): Promise<Result> {
  const runner = source.createQueryRunner();
  const run = async (): Promise<Result> => {
    await prepare(runner);
    await runner.query('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
    const result = await work((sql, values = []) => runner.query(sql, [...values]));
    await runner.query('COMMIT');
    return result;
  };
  try {
    const result = await withTimeout(deadline - performance.now(), run());
    await runner.release();
    return result;
  } catch (error) {
    destroyConnection(runner);
    throw error;
  }
}

/**
 * Sets the isolation level, because in READ COMMITTED a transaction has no consistent view. On Galera, also makes the
 * node wait until it has applied all transactions that other nodes have committed.
 */
async function prepare(runner: QueryRunner): Promise<void> {
  const connection = (await runner.connect()) as object;
  if (prepared.has(connection)) return;
  await runner.query('SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ');
  const found = (await runner.query("SHOW SESSION VARIABLES LIKE 'wsrep_on'")) as { Value: string }[];
  if (found[0]?.Value === 'ON') await runner.query('SET SESSION wsrep_sync_wait = 1');
  prepared.add(connection);
}
