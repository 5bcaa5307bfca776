/** The migrations in the example responses of Nova's documentation, at the newest microversion. */
const SERVER = '8600d31b-d1a1-4632-b2ff-45c2be1a70ff';
const PROJECT = '6f70656e737461636b20342065766572';
const HOST = 'http://openstack.example.com';

export const LIST_EXAMPLE = {
  migrations: [
    {
      id: 4,
      uuid: '42341d4b-346a-40d0-83c6-5f4f6892b650',
      source_compute: 'compute10',
      dest_compute: 'compute20',
      source_node: 'node10',
      dest_node: 'node20',
      dest_host: '5.6.7.8',
      old_instance_type_id: 5,
      new_instance_type_id: 6,
      instance_uuid: '9128d044-7b61-403e-b766-7547076ff6c1',
      status: 'migrating',
      migration_type: 'resize',
      user_id: '78348f0e-97ee-4d70-ad34-189692673ea2',
      project_id: '9842f0f7-1229-4355-afe7-15ebdbb8c3d8',
      created_at: '2016-06-23T14:42:02.000000',
      updated_at: '2016-06-23T14:42:02.000000',
    },
    {
      id: 1,
      uuid: '12341d4b-346a-40d0-83c6-5f4f6892b650',
      source_compute: 'compute1',
      dest_compute: 'compute2',
      source_node: 'node1',
      dest_node: 'node2',
      dest_host: '1.2.3.4',
      old_instance_type_id: 1,
      new_instance_type_id: 1,
      instance_uuid: SERVER,
      status: 'running',
      migration_type: 'live-migration',
      user_id: '5c48ebaa-193f-4c5d-948a-f559cc92cd5e',
      project_id: 'ef92ccff-00f3-46e4-b015-811110e36ee4',
      created_at: '2016-01-29T11:42:02.000000',
      updated_at: '2016-01-29T11:42:02.000000',
      links: [
        { rel: 'self', href: `${HOST}/v2.1/${PROJECT}/servers/${SERVER}/migrations/1` },
        { rel: 'bookmark', href: `${HOST}/${PROJECT}/servers/${SERVER}/migrations/1` },
      ],
    },
  ],
};

export const SERVER_EXAMPLE = {
  created_at: '2016-01-29T13:42:02.000000',
  dest_compute: 'compute2',
  dest_host: '1.2.3.4',
  dest_node: 'node2',
  disk_processed_bytes: 23456,
  disk_remaining_bytes: 211111,
  disk_total_bytes: 234567,
  id: 1,
  memory_processed_bytes: 12345,
  memory_remaining_bytes: 111111,
  memory_total_bytes: 123456,
  server_uuid: '4cfba335-03d8-49b2-8c52-e69043d1e8fe',
  source_compute: 'compute1',
  source_node: 'node1',
  status: 'running',
  updated_at: '2016-01-29T13:42:02.000000',
  uuid: '12341d4b-346a-40d0-83c6-5f4f6892b650',
  user_id: '8dbaa0f0-ab95-4ffe-8cb4-9c89d2ac9d24',
  project_id: '5f705771-3aa9-4f4c-8660-0d9522ffdbea',
};
