import { type FieldInfo, linksField, listOf, objectSchema, TIME } from '../nova/view/fields.js';

const INTEGER = { type: 'integer' } as const;
const UUID = { type: 'string', format: 'uuid' } as const;

const CREATED: FieldInfo = { description: 'When it was asked for, UTC.', schema: TIME, nullable: true };
const UPDATED: FieldInfo = { description: 'When it last changed, UTC.', schema: TIME, nullable: true };
const STATUS: FieldInfo = { description: 'How far it is, such as running or error.', nullable: true };

const HOSTS: Readonly<Record<string, FieldInfo>> = {
  source_compute: { description: 'The host it left. Internal view only, else null.', nullable: true },
  dest_compute: { description: 'The host it goes to. Internal view only, else null.', nullable: true },
  source_node: { description: 'The node it left. Internal view only, else null.', nullable: true },
  dest_node: { description: 'The node it goes to. Internal view only, else null.', nullable: true },
  dest_host: { description: 'The address it goes to. Internal view only, else null.', nullable: true },
};

const SINCE_PAGING: Readonly<Record<string, FieldInfo>> = {
  uuid: { description: 'The migration.', schema: UUID, since: '2.59', nullable: true },
  user_id: { description: 'Who asked for it.', since: '2.80', nullable: true },
  project_id: { description: 'The project of who asked for it.', since: '2.80', nullable: true },
};

const inList = objectSchema('Migration', {
  id: { description: 'The number of the migration in its cell.', schema: INTEGER },
  ...SINCE_PAGING,
  ...HOSTS,
  old_instance_type_id: { description: 'The flavor before.', schema: INTEGER, nullable: true },
  new_instance_type_id: { description: 'The flavor after.', schema: INTEGER, nullable: true },
  instance_uuid: { description: 'The server.', schema: UUID, nullable: true },
  status: STATUS,
  migration_type: { description: 'migration, resize, live-migration or evacuation.', since: '2.23' },
  created_at: CREATED,
  updated_at: UPDATED,
  links: {
    ...linksField('Where a live migration that is in progress is; absent for others.', '2.23'),
    optional: true,
  },
});

const ofServer = objectSchema('Live migration', {
  id: { description: 'The number of the migration in its cell.', schema: INTEGER },
  ...SINCE_PAGING,
  ...HOSTS,
  server_uuid: { description: 'The server.', schema: UUID, nullable: true },
  status: STATUS,
  created_at: CREATED,
  updated_at: UPDATED,
  ...Object.fromEntries(
    ['memory', 'disk'].flatMap((what) => [
      amount(`${what}_total_bytes`, `How much ${what} there is to copy.`),
      amount(`${what}_processed_bytes`, `How much ${what} is copied.`),
      amount(`${what}_remaining_bytes`, `How much ${what} is left to copy.`),
    ]),
  ),
});

function amount(name: string, description: string): [string, FieldInfo] {
  return [name, { description, schema: INTEGER, nullable: true }];
}

const list = objectSchema('A page of migrations', {
  migrations: { description: 'The migrations; newest first from 2.59.', schema: listOf(inList) },
  migrations_links: linksField('Where the next page is; absent on the last.', '2.59'),
});
const serverList = objectSchema('The live migrations of a server', {
  migrations: { description: 'Those that are in progress.', schema: listOf(ofServer) },
});
const show = objectSchema('One live migration', {
  migration: { description: 'The migration.', schema: ofServer },
});

/** Both views have the same fields: to a tenant those of hosts are null. */
export const listResponse = { external: list, internal: list };
export const serverListResponse = { external: serverList, internal: serverList };
export const showResponse = { external: show, internal: show };
