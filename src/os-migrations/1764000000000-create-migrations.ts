import { createsTables } from '../database/tables/creates-tables.js';

/**
 * The columns by which callers can filter lists. Each has an index, so that a page is read quickly even if the table
 * has many rows.
 */
const FILTERED = ['status', 'migration_type', 'source_compute', 'dest_compute', 'user_id', 'project_id'];

/**
 * Creates the table of migrations. Nova's table lacks some of its indexes: the one by creation time, and those for the
 * filters of lists.
 */
export const CreateMigrations1764000000000 = createsTables('CreateMigrations1764000000000', {
  migrations: {
    uuids: ['uuid', 'instance_uuid'],
    ids: FILTERED,
    texts: ['source_node', 'dest_node', 'dest_host'],
    numbers: ['old_instance_type_id', 'new_instance_type_id'],
    flags: ['hidden'],
    longNumbers: ['memory', 'disk'].flatMap((what) => [
      `${what}_total`,
      `${what}_processed`,
      `${what}_remaining`,
    ]),
    indexes: {
      migrations_created_at_idx: ['created_at', 'id'],
      migrations_updated_at_idx: ['updated_at'],
      migrations_instance_uuid_and_status_idx: ['instance_uuid', 'status'],
      ...Object.fromEntries(
        FILTERED.map((column) => [`migrations_${column}_created_at_idx`, [column, 'created_at', 'id']]),
      ),
    },
    unique: { migrations_uuid: ['uuid'] },
  },
});
