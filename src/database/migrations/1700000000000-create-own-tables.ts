import {
  type MigrationInterface,
  type QueryRunner,
  Table,
  type TableColumnOptions,
  type TableOptions,
} from 'typeorm';

/**
 * The tables of the own store: Nova's names and columns, of which the servers' table keeps those that the
 * action log needs, and the indexes that Nova lacks.
 */
export class CreateOwnTables1700000000000 implements MigrationInterface {
  name = 'CreateOwnTables1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    const sqlite = runner.dataSource.options.type === 'better-sqlite3';
    // Ids compare without regard to case, as they do in Nova's tables.
    const id = (name: string, length: string): TableColumnOptions => ({
      ...text(name, length),
      collation: sqlite ? 'NOCASE' : 'utf8mb4_general_ci',
    });
    const table = (options: TableOptions): Table =>
      new Table(sqlite ? options : { ...options, engine: 'InnoDB' });

    await runner.createTable(
      table({
        name: 'instances',
        columns: [
          ...commonColumns(),
          { ...id('uuid', '36'), isNullable: false },
          text('project_id'),
          text('user_id'),
          text('host'),
          text('display_name'),
        ],
        indices: [{ name: 'instances_uuid_idx', columnNames: ['uuid'], isUnique: true }],
      }),
    );
    await runner.createTable(
      table({
        name: 'instance_actions',
        columns: [
          ...commonColumns(),
          text('action'),
          id('instance_uuid', '36'),
          id('request_id', '255'),
          text('user_id'),
          text('project_id'),
          time('start_time'),
          time('finish_time'),
          text('message'),
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
      }),
    );
    await runner.createTable(
      table({
        name: 'instance_actions_events',
        columns: [
          ...commonColumns(),
          text('event'),
          { name: 'action_id', type: 'integer', isNullable: true },
          time('start_time'),
          time('finish_time'),
          text('result'),
          { name: 'traceback', type: 'text', isNullable: true },
          text('host'),
          { name: 'details', type: 'text', isNullable: true },
        ],
        indices: [
          {
            name: 'instance_actions_events_action_id_created_at_idx',
            columnNames: ['action_id', 'created_at', 'id'],
          },
        ],
      }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('instance_actions_events');
    await runner.dropTable('instance_actions');
    await runner.dropTable('instances');
  }
}

function commonColumns(): TableColumnOptions[] {
  return [
    { name: 'id', type: 'integer', isPrimary: true, isGenerated: true, generationStrategy: 'increment' },
    time('created_at'),
    time('updated_at'),
    time('deleted_at'),
    { name: 'deleted', type: 'integer', isNullable: true, default: 0 },
  ];
}

function text(name: string, length = '255'): TableColumnOptions {
  return { name, type: 'varchar', length, isNullable: true };
}

function time(name: string): TableColumnOptions {
  return { name, type: 'datetime', isNullable: true };
}
