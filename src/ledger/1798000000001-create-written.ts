import type { QueryRunner } from 'typeorm';
import type { NamedMigration } from '../database/tables/module-with-tables.js';
import { createTables, type TableColumns, type TableIndexes } from './create-tables.js';

/**
 * The tables about actions that services record over HTTP, by name. The actions and events themselves are in the tables
 * `instance_actions` and `instance_actions_events` of the store. `writer` is the user of the service, and `external_id`
 * is the id that the service has chosen. `digest` is a hash of the content, which detects a repeated request with
 * another content. `outcome` is the status that the service has stated. A transaction that changes an action first
 * increments `uses`, so that another transaction about this action must wait.
 */
const TABLES: TableColumns = {
  written_actions: `action_id bigint NOT NULL PRIMARY KEY, writer EXACT255 NOT NULL, external_id BYTES512,
    outcome varchar(8), digest char(16) NOT NULL, uses bigint NOT NULL DEFAULT 0`,
  written_events: `event_id bigint NOT NULL PRIMARY KEY, action_id bigint NOT NULL, external_id BYTES512,
    digest char(16) NOT NULL`,
  // `line` is the number of the last line of the import that the store has kept.
  written_imports: `writer EXACT255 NOT NULL, name EXACT255 NOT NULL, line bigint NOT NULL,
    updated_at datetime(6) NOT NULL, PRIMARY KEY (writer, name)`,
};

const INDEXES: TableIndexes = {
  written_actions: { 'UNIQUE INDEX written_actions_by_external_id': 'writer, external_id' },
  written_events: { 'UNIQUE INDEX written_events_by_external_id': 'action_id, external_id' },
};

/** Creates the tables about actions that services record over HTTP. */
export class CreateWritten1798000000001 implements NamedMigration {
  readonly name = 'CreateWritten1798000000001';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner, TABLES, INDEXES);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(TABLES)) await runner.dropTable(table);
  }
}
