import { createsTables } from '../../database/tables/creates-tables.js';

/**
 * The servers' table: of Nova's columns those that are needed. The name is the one in stores from the time when this
 * one migration made all tables.
 */
export const CreateServers1700000000000 = createsTables('CreateOwnTables1700000000000', {
  instances: {
    uuids: ['uuid'],
    texts: ['project_id', 'user_id', 'host', 'display_name'],
    required: ['uuid'],
    unique: { instances_uuid_idx: ['uuid'] },
  },
});
