import type { QueryRunner } from 'typeorm';
import { isSqlite } from '../database/rows/is-sqlite.js';
import type { NamedMigration } from '../database/tables/module-with-tables.js';

const TIMES = ['created_at', 'updated_at', 'deleted_at', 'start_time', 'finish_time'];
const TABLES = ['instance_actions', 'instance_actions_events'];

/**
 * Adds microseconds to the columns with times of actions and events. MariaDB copies the tables for this. Replicas can
 * read the tables meanwhile. SQLite stores times as texts, so its tables stay unchanged.
 */
export class KeepMicroseconds1795737600000 implements NamedMigration {
  readonly name = 'KeepMicroseconds1795737600000';

  async up(runner: QueryRunner): Promise<void> {
    await setTimeType(runner, 'datetime(6)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await setTimeType(runner, 'datetime');
  }
}

/** Sets the type of all times. If they already have this type, the database changes nothing. */
async function setTimeType(runner: QueryRunner, type: string): Promise<void> {
  if (isSqlite(runner.dataSource)) return;
  const changes = TIMES.map((column) => `MODIFY ${column} ${type} NULL`).join(', ');
  for (const table of TABLES) await runner.query(`ALTER TABLE ${table} ${changes}`);
}
