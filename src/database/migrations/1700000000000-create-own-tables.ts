import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createTable, idColumn, numberColumn, textColumn, timeColumn } from '../own-tables.js';

/**
 * The tables of the own store: Nova's names and columns, of which the servers' table keeps those that the
 * action log needs, and the indexes that Nova lacks.
 */
export class CreateOwnTables1700000000000 implements MigrationInterface {
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
    await createTable(runner, {
      name: 'instance_actions',
      columns: [
        textColumn('action'),
        idColumn(runner, 'instance_uuid', '36'),
        idColumn(runner, 'request_id'),
        textColumn('user_id'),
        textColumn('project_id'),
        timeColumn('start_time'),
        timeColumn('finish_time'),
        textColumn('message'),
      ],
      indices: [
        {
          name: 'instance_actions_instance_uuid_created_at_idx',
          columnNames: ['instance_uuid', 'created_at', 'id'],
        },
        {
          name: 'instance_actions_instance_uuid_request_id_idx',
          columnNames: ['instance_uuid', 'request_id'],
        },
        {
          name: 'instance_actions_instance_uuid_updated_at_idx',
          columnNames: ['instance_uuid', 'updated_at'],
        },
      ],
    });
    await createTable(runner, {
      name: 'instance_actions_events',
      columns: [
        textColumn('event'),
        numberColumn('action_id'),
        timeColumn('start_time'),
        timeColumn('finish_time'),
        textColumn('result'),
        { name: 'traceback', type: 'text', isNullable: true },
        textColumn('host'),
        { name: 'details', type: 'text', isNullable: true },
      ],
      indices: [
        {
          name: 'instance_actions_events_action_id_created_at_idx',
          columnNames: ['action_id', 'created_at', 'id'],
        },
      ],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('instance_actions_events');
    await runner.dropTable('instance_actions');
    await runner.dropTable('instances');
  }
}
