import { createsTables } from '../database/tables/creates-tables.js';

/**
 * Creates the tables of actions and events, with indexes that Nova's tables lack. In databases of early releases, the
 * previous migration has already created these tables, and this migration skips them.
 */
export const CreateInstanceActions1700000000001 = createsTables('CreateInstanceActions1700000000001', {
  instance_actions: {
    uuids: ['instance_uuid'],
    ids: ['request_id'],
    texts: ['action', 'user_id', 'project_id', 'message'],
    times: ['start_time', 'finish_time'],
    indexes: {
      instance_actions_instance_uuid_created_at_idx: ['instance_uuid', 'created_at', 'id'],
      instance_actions_instance_uuid_request_id_idx: ['instance_uuid', 'request_id'],
      instance_actions_instance_uuid_updated_at_idx: ['instance_uuid', 'updated_at'],
    },
  },
  instance_actions_events: {
    texts: ['event', 'result', 'host'],
    longTexts: ['traceback', 'details'],
    times: ['start_time', 'finish_time'],
    numbers: ['action_id'],
    indexes: { instance_actions_events_action_id_created_at_idx: ['action_id', 'created_at', 'id'] },
  },
});
