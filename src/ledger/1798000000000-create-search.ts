import { randomBytes } from 'node:crypto';
import type { QueryRunner } from 'typeorm';
import type { NamedMigration } from '../database/tables/module-with-tables.js';
import { isSqlite } from '../database/rows/is-sqlite.js';
import { createTables, type TableColumns, type TableIndexes } from './create-tables.js';

/** The highest id of the copy. The search of old rows begins above it and goes downwards. */
const MAX_COPY_ID = 2 ** 53 - 1;

/**
 * The tables of the search, by name. `search_actions` has one row for each action that the service shows: of the copy,
 * and of the store itself. `id` is the id in the copy, and `second` is `created_at` in seconds since 1970; 0 if unknown.
 * `project`, `server`, `request`, `user`, `action` and `host` are codes: numbers computed from texts. `project` is the
 * project that owns the server. `position` is the position of the newest entry about the action; 0 if there is none. `search_hosts`
 * has one row for each host of an action.
 */
const TABLES: TableColumns = {
  search_actions: `second int unsigned NOT NULL, id bigint NOT NULL, project bigint NOT NULL,
    server int unsigned NOT NULL, request int unsigned NOT NULL, user int unsigned NOT NULL,
    action int unsigned NOT NULL, state tinyint NOT NULL, created_at datetime(6), started_at datetime(6),
    finished_at datetime(6), updated_at datetime(6), position bigint NOT NULL, PRIMARY KEY (second, id)`,
  search_hosts: `host int unsigned NOT NULL, state tinyint NOT NULL, second int unsigned NOT NULL, id bigint NOT NULL,
    project bigint NOT NULL, PRIMARY KEY (host, state, second, id)`,
  record_keys:
    'number smallint NOT NULL PRIMARY KEY, secret char(64) NOT NULL, created_at datetime(6) NOT NULL',
};

/** The tables that a search reads in the order of the primary key. */
const CLUSTERED = ['search_actions', 'search_hosts'];

/** The indexes of the search. Each ends in the order of a page. The planner of the search names them in its statements. */
const INDEXES: TableIndexes = {
  search_actions: {
    'UNIQUE INDEX search_by_id': 'id',
    'INDEX search_by_project': 'project, second, id',
    'INDEX search_by_project_state': 'project, state, second, id',
    'INDEX search_by_project_action': 'project, action, second, id',
    'INDEX search_by_project_user': 'project, user, second, id',
    'INDEX search_by_server': 'server, project, second, id',
    'INDEX search_by_request': 'request, project, second, id',
    'INDEX search_by_user_state': 'user, state, second, id',
    'INDEX search_by_action_state': 'action, state, second, id',
    'INDEX search_by_state': 'state, second, id',
  },
  search_hosts: { 'INDEX search_hosts_by_id': 'id' },
};

/**
 * The rows of `record_head` for the search, with their first positions. `search`: the last entry whose rows the search
 * contains. `search-own` and `search-copied`: the ids below which old rows are not yet in the search; 0 after the last
 * one.
 */
const HEADS: Readonly<Record<string, string>> = {
  // The positions of the entries about the store's own actions are only in the entries, so the search reads all of them.
  search: 'CASE WHEN EXISTS (SELECT 1 FROM record_cells) THEN position ELSE 0 END',
  'search-own': String(MAX_COPY_ID),
  'search-copied': String(MAX_COPY_ID),
};

/** Creates the tables of the search, and the key of the ids and cursors that clients see. */
export class CreateSearch1798000000000 implements NamedMigration {
  readonly name = 'CreateSearch1798000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner, TABLES, INDEXES, CLUSTERED);
    const isFile = isSqlite(runner.dataSource);
    const insert = `INSERT ${isFile ? 'OR IGNORE' : 'IGNORE'} INTO`;
    for (const [name, position] of Object.entries(HEADS)) {
      await runner.query(
        `${insert} record_head (name, position, recorded_at, record_id)
        SELECT '${name}', ${position}, recorded_at, record_id FROM record_head WHERE name = 'entries'`,
      );
    }
    const now = isFile ? "strftime('%Y-%m-%d %H:%M:%f000', 'now')" : 'UTC_TIMESTAMP(6)';
    await runner.query(`${insert} record_keys (number, secret, created_at) VALUES (1, ?, ${now})`, [
      randomBytes(32).toString('hex'),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of Object.keys(TABLES)) await runner.dropTable(table);
    await runner.query("DELETE FROM record_head WHERE name <> 'entries'");
  }
}
