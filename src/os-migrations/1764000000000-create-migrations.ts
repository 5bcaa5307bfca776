import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, idColumn, numberColumn, textColumn } from '../database/tables/creates-tables.js';

/** What lists are filtered by, for pages of a few among many. */
const FILTERED = ['status', 'migration_type', 'source_compute', 'dest_compute', 'user_id', 'project_id'];

/** The migrations' table, with the indexes that Nova lacks: on their age, and on what lists are filtered by. */
export class CreateMigrations1764000000000 implements MigrationInterface {
  name = 'CreateMigrations1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    const amounts = ['memory', 'disk'].flatMap((what) =>
      ['total', 'processed', 'remaining'].map((part) => numberColumn(`${what}_${part}`, 'bigint')),
    );
    await createTable(runner, {
      name: 'migrations',
      columns: [
        idColumn(runner, 'uuid', '36'),
        idColumn(runner, 'instance_uuid', '36'),
        idColumn(runner, 'status'),
        idColumn(runner, 'migration_type'),
        idColumn(runner, 'source_compute'),
        textColumn('source_node'),
        idColumn(runner, 'dest_compute'),
        textColumn('dest_node'),
        textColumn('dest_host'),
        numberColumn('old_instance_type_id'),
        numberColumn('new_instance_type_id'),
        { ...numberColumn('hidden'), default: 0 },
        ...amounts,
        idColumn(runner, 'user_id'),
        idColumn(runner, 'project_id'),
      ],
      indices: [
        { name: 'migrations_uuid', columnNames: ['uuid'], isUnique: true },
        { name: 'migrations_created_at_idx', columnNames: ['created_at', 'id'] },
        { name: 'migrations_updated_at_idx', columnNames: ['updated_at'] },
        { name: 'migrations_instance_uuid_and_status_idx', columnNames: ['instance_uuid', 'status'] },
        ...FILTERED.map((column) => ({
          name: `migrations_${column}_created_at_idx`,
          columnNames: [column, 'created_at', 'id'],
        })),
      ],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('migrations');
  }
}
