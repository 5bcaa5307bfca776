import { createsTables } from '../database/tables/creates-tables.js';

/** Creates the tables of server groups, with Nova's columns. */
export const CreateServerGroups1796000000001 = createsTables('CreateServerGroups1796000000001', {
  instance_groups: {
    isInApiDatabase: true,
    uuids: ['uuid'],
    ids: ['project_id'],
    texts: ['user_id', 'name'],
    required: ['uuid'],
    indexes: { instance_groups_project_id_idx: ['project_id'] },
    unique: { uniq_instance_groups0uuid: ['uuid'] },
  },
  instance_group_policy: {
    isInApiDatabase: true,
    texts: ['policy'],
    longTexts: ['rules'],
    references: { group_id: 'instance_groups' },
  },
  instance_group_member: {
    isInApiDatabase: true,
    ids: ['instance_uuid'],
    references: { group_id: 'instance_groups' },
  },
});
