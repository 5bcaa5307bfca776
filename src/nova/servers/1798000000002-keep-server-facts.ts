import type { QueryRunner } from 'typeorm';
import { isSqlite } from '../../database/rows/is-sqlite.js';
import type { NamedMigration } from '../../database/tables/module-with-tables.js';

const NEW_COLUMNS = { availability_zone: 'varchar(255)', launched_at: 'datetime(6)' };
const TIMES = ['created_at', 'deleted_at'];

/**
 * Adds columns to the own store's table of servers for the facts of servers that another store has exported. Adds
 * microseconds to its times on MariaDB; SQLite stores times as texts.
 */
export class KeepServerFacts1798000000002 implements NamedMigration {
  readonly name = 'KeepServerFacts1798000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const [column, type] of Object.entries(NEW_COLUMNS)) {
      if (await runner.hasColumn('instances', column)) continue;
      await runner.query(`ALTER TABLE instances ADD COLUMN ${column} ${type} NULL`);
    }
    await setTimeType(runner, 'datetime(6)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await setTimeType(runner, 'datetime');
    for (const column of Object.keys(NEW_COLUMNS))
      await runner.query(`ALTER TABLE instances DROP COLUMN ${column}`);
  }
}

async function setTimeType(runner: QueryRunner, type: string): Promise<void> {
  if (isSqlite(runner.dataSource)) return;
  for (const column of TIMES) await runner.query(`ALTER TABLE instances MODIFY ${column} ${type} NULL`);
}
