import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  createTable,
  idColumn,
  numberColumn,
  textColumn,
  timeColumn,
} from '../database/tables/creates-tables.js';

/** The tables of actions and of their events, with the indexes that Nova lacks. Older stores have them from the migration before. */
export class CreateInstanceActions1700000000001 implements MigrationInterface {
  name = 'CreateInstanceActions1700000000001';

  async up(runner: QueryRunner): Promise<void> {
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
  }
}
