import type { EntityManager, QueryRunner } from 'typeorm';
import { isSqlite } from '../rows/is-sqlite.js';
import type { NamedMigration } from '../tables/module-with-tables.js';

const TABLE = 'nova_action_log_locks';

/** Creates the table of the rows that `oneAtATime` locks. */
export class CreateLocks1796000000000 implements NamedMigration {
  readonly name = 'CreateLocks1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    const columns = 'name varchar(300) PRIMARY KEY, uses bigint NOT NULL';
    const engine = isSqlite(runner.dataSource) ? '' : ' ENGINE=InnoDB';
    await runner.query(`CREATE TABLE IF NOT EXISTS ${TABLE} (${columns})${engine}`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable(TABLE);
  }
}

/**
 * Waits until all other transactions that called this function with the same name have finished. A transaction must call
 * it first: on MariaDB, the transaction then reads the rows that the others have committed.
 *
 * The function changes a row, because Galera detects conflicting changes on other nodes, but no locks of rows there.
 */
export async function oneAtATime(manager: EntityManager, name: string): Promise<void> {
  const isFile = isSqlite(manager.dataSource);
  const update = isFile ? 'ON CONFLICT (name) DO UPDATE SET' : 'ON DUPLICATE KEY UPDATE';
  await manager.query(`INSERT INTO ${TABLE} (name, uses) VALUES (?, 1) ${update} uses = uses + 1`, [name]);
}
