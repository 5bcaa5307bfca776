import { createsTables } from '../../database/tables/creates-tables.js';

/**
 * Creates the table of servers, with the columns of Nova's table that the service needs. The name of the migration,
 * `CreateOwnTables…`, is historic: existing databases recorded it when this migration still created all tables.
 */
export const CreateServers1700000000000 = createsTables('CreateOwnTables1700000000000', {
  instances: {
    uuids: ['uuid'],
    texts: ['project_id', 'user_id', 'host', 'display_name'],
    required: ['uuid'],
    unique: { instances_uuid_idx: ['uuid'] },
  },
});
