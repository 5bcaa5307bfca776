import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, idColumn, textColumn } from '../../database/tables/creates-tables.js';

/** The servers' table: of Nova's columns those that are needed. */
export class CreateServers1700000000000 implements MigrationInterface {
  /** As it is written down in stores that were made when this one migration made all tables. */
  name = 'CreateOwnTables1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, {
      name: 'instances',
      columns: [
        { ...idColumn(runner, 'uuid', '36'), isNullable: false },
        textColumn('project_id'),
        textColumn('user_id'),
        textColumn('host'),
        textColumn('display_name'),
      ],
      indices: [{ name: 'instances_uuid_idx', columnNames: ['uuid'], isUnique: true }],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('instances');
  }
}
