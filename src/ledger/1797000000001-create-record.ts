import type { QueryRunner } from 'typeorm';
import { isSqlite } from '../database/rows/is-sqlite.js';
import type { NamedMigration } from '../database/tables/module-with-tables.js';
import { createTables, type TableColumns, type TableIndexes } from './create-tables.js';

const TIMES = (...names: string[]): string => names.map((name) => `${name} datetime(6)`).join(', ');
const COMMON = `id bigint NOT NULL PRIMARY KEY, ${TIMES('created_at', 'updated_at', 'deleted_at')}, deleted bigint`;
const TOUCHED = 'touched bigint NOT NULL';
const COPIED = `place smallint NOT NULL, fingerprint char(16) NOT NULL, position bigint NOT NULL, ${TOUCHED}`;

/**
 * The tables of the record and of the copy, by name. The tables `copied_…` have the columns of Nova's tables, so that
 * the same queries read them. In a row of the copy, `position` is the position of the last entry about this row alone.
 * The entry also names the previous one, so it leads to the history of the row. `touched` is the position of the last
 * entry that changed the row: it may be an entry about several rows.
 */
const TABLES: TableColumns = {
  entries: `position bigint NOT NULL PRIMARY KEY, recorded_at datetime(6) NOT NULL, kind varchar(16) NOT NULL,
    cell smallint NOT NULL, epoch smallint NOT NULL, nova_id bigint, server_uuid varchar(36), project_id varchar(255),
    previous bigint, body mediumtext NOT NULL`,
  record_head: `name varchar(16) NOT NULL PRIMARY KEY, position bigint NOT NULL, recorded_at datetime(6) NOT NULL,
    record_id char(36) NOT NULL`,
  copied_instances: `${COMMON}, uuid ID36, server_uuid ID36, cell smallint NOT NULL, project_id ID255,
    user_id varchar(255), display_name varchar(255), host varchar(255), node varchar(255),
    availability_zone varchar(255), instance_type_id bigint, flavor text, vm_state varchar(255),
    task_state varchar(255), power_state int, hidden smallint, locked smallint, locked_by varchar(255),
    locked_reason varchar(255), ${TIMES('launched_at', 'terminated_at')}, ${COPIED}`,
  copied_instance_actions: `${COMMON}, instance_uuid ID36, request_id ID255, action varchar(255),
    user_id varchar(255), project_id varchar(255), message varchar(255), ${TIMES('start_time', 'finish_time')}, ${COPIED}`,
  copied_instance_actions_events: `${COMMON}, action_id bigint, event varchar(255), host varchar(255),
    result varchar(255), traceback mediumtext, details mediumtext, ${TIMES('start_time', 'finish_time')}, ${TOUCHED}`,
  record_cells: `number smallint NOT NULL PRIMARY KEY, uuid char(36) NOT NULL, name varchar(255),
    created_at datetime(6), state varchar(12) NOT NULL, epoch smallint NOT NULL, epoch_from_actions bigint NOT NULL,
    epoch_from_events bigint NOT NULL, epoch_from_servers bigint NOT NULL, high_actions bigint NOT NULL,
    high_events bigint NOT NULL, high_servers bigint NOT NULL, settled_actions bigint NOT NULL,
    settled_events bigint NOT NULL, settled_servers bigint NOT NULL, past_total bigint NOT NULL,
    past_done bigint NOT NULL, holder varchar(255), ${TIMES('started_at', 'read_at', 'reconciled_at')}`,
  record_ranges: `cell smallint NOT NULL, from_id bigint NOT NULL, to_id bigint NOT NULL, next_id bigint NOT NULL,
    stage varchar(16) NOT NULL, PRIMARY KEY (cell, stage, from_id)`,
  record_chunks: `cell smallint NOT NULL, source smallint NOT NULL, chunk bigint NOT NULL, row_count int NOT NULL,
    checksum bigint NOT NULL, PRIMARY KEY (cell, source, chunk)`,
  record_open: `cell smallint NOT NULL, epoch smallint NOT NULL, id bigint NOT NULL, changed_at datetime(6) NOT NULL,
    PRIMARY KEY (cell, epoch, id)`,
  record_gaps: `position bigint NOT NULL PRIMARY KEY, cell smallint NOT NULL, from_id bigint NOT NULL,
    to_id bigint NOT NULL, void_ids bigint NOT NULL, ${TIMES('from_time', 'to_time')}, grade varchar(8) NOT NULL`,
  record_epochs: `cell smallint NOT NULL, epoch smallint NOT NULL, from_actions bigint NOT NULL,
    from_events bigint NOT NULL, from_servers bigint NOT NULL, position bigint NOT NULL, opened_at datetime(6) NOT NULL,
    PRIMARY KEY (cell, epoch)`,
};

const INDEXES: TableIndexes = {
  copied_instances: {
    'INDEX copied_instances_uuid_idx': 'uuid',
    'INDEX copied_instances_server_uuid_idx': 'server_uuid',
  },
  copied_instance_actions: {
    'INDEX copied_actions_request_idx': 'instance_uuid, request_id',
    'INDEX copied_actions_created_idx': 'instance_uuid, created_at, id',
  },
  copied_instance_actions_events: { 'INDEX copied_events_action_idx': 'action_id' },
};

/** Creates the tables of the record, of the copy, and of the recorder's state. */
export class CreateRecord1797000000001 implements NamedMigration {
  readonly name = 'CreateRecord1797000000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner, TABLES, INDEXES);
    const isFile = isSqlite(runner.dataSource);
    const ignore = isFile ? 'OR IGNORE' : 'IGNORE';
    const id = isFile ? 'lower(hex(randomblob(16)))' : "REPLACE(UUID(), '-', '')";
    await runner.query(
      `INSERT ${ignore} INTO record_head SELECT 'entries', 0, '2000-01-01 00:00:00.000000', ${id}`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(TABLES)) await runner.dropTable(table);
  }
}
