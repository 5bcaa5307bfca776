import type { QueryRunner } from 'typeorm';
import type { NamedMigration } from '../database/tables/module-with-tables.js';

const COLUMNS = { locked: 'boolean', locked_by: 'varchar(255)', locked_reason: 'varchar(255)' };

/** Adds the columns of locks to the table of servers. In Nova, the reason is in another table. */
export class AddLocks1796000000002 implements NamedMigration {
  readonly name = 'AddLocks1796000000002';

  async up(runner: QueryRunner): Promise<void> {
    for (const [name, type] of Object.entries(COLUMNS)) {
      // An interrupted migration runs again from its start.
      if (await runner.hasColumn('instances', name)) continue;
      await runner.query(`ALTER TABLE instances ADD COLUMN ${name} ${type} NULL`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of Object.keys(COLUMNS)) await runner.query(`ALTER TABLE instances DROP COLUMN ${name}`);
  }
}
