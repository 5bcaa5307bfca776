import { type FieldInfo, linksField, listOf, objectSchema, TIME } from '../nova/schema/fields.js';
import { sameForBothViews } from '../nova/view/view.js';
import { LIST_EXAMPLE, SERVER_EXAMPLE } from './example-responses.js';

const INTEGER = { type: 'integer' } as const;
const UUID = { type: 'string', format: 'uuid' } as const;

type Fields = Readonly<Record<string, FieldInfo>>;

const ID: FieldInfo = { description: 'The number of the migration in its cell.', schema: INTEGER };
const MIGRATION_UUID: FieldInfo = {
  description: 'The migration.',
  schema: UUID,
  since: '2.59',
  nullable: true,
};
const SERVER: FieldInfo = { description: 'The server.', schema: UUID, nullable: true };
const STATUS: FieldInfo = { description: 'The status, such as running or error.', nullable: true };
const CREATED: FieldInfo = { description: 'When it was requested, UTC.', schema: TIME, nullable: true };
const UPDATED: FieldInfo = { description: 'When it last changed, UTC.', schema: TIME, nullable: true };

const HOSTS = {
  source_compute: host('The source host.'),
  dest_compute: host('The destination host.'),
  source_node: host('The source node.'),
  dest_node: host('The destination node.'),
  dest_host: host('The address of the destination.'),
};
const OWNER: Fields = {
  user_id: { description: 'The user who requested it.', since: '2.80', nullable: true },
  project_id: { description: 'The project of that user.', since: '2.80', nullable: true },
};

function host(description: string): FieldInfo {
  return { description: `${description} Internal view only, else null.`, nullable: true };
}

function progress(what: 'memory' | 'disk'): Fields {
  const amount = (description: string): FieldInfo => ({ description, schema: INTEGER, nullable: true });
  return {
    [`${what}_processed_bytes`]: amount(`How much ${what} is copied.`),
    [`${what}_remaining_bytes`]: amount(`How much ${what} is left to copy.`),
    [`${what}_total_bytes`]: amount(`How much ${what} there is to copy.`),
  };
}

/** In the order of the answer, as below. */
const inList = objectSchema('Migration', {
  id: ID,
  uuid: MIGRATION_UUID,
  ...HOSTS,
  old_instance_type_id: { description: 'The flavor before.', schema: INTEGER, nullable: true },
  new_instance_type_id: { description: 'The flavor after.', schema: INTEGER, nullable: true },
  instance_uuid: SERVER,
  status: STATUS,
  migration_type: { description: 'migration, resize, live-migration or evacuation.', since: '2.23' },
  ...OWNER,
  created_at: CREATED,
  updated_at: UPDATED,
  links: {
    ...linksField('Where a live migration that is in progress is; absent for others.', '2.23'),
    optional: true,
  },
});

const ofServer = objectSchema('Live migration', {
  created_at: CREATED,
  dest_compute: HOSTS.dest_compute,
  dest_host: HOSTS.dest_host,
  dest_node: HOSTS.dest_node,
  ...progress('disk'),
  id: ID,
  ...progress('memory'),
  server_uuid: SERVER,
  source_compute: HOSTS.source_compute,
  source_node: HOSTS.source_node,
  status: STATUS,
  updated_at: UPDATED,
  uuid: MIGRATION_UUID,
  ...OWNER,
});

const list = objectSchema(
  'A page of migrations',
  {
    migrations: { description: 'The migrations; newest first from 2.59.', schema: listOf(inList) },
    migrations_links: linksField('Where the next page is; absent on the last.', '2.59'),
  },
  LIST_EXAMPLE,
);
const serverList = objectSchema(
  'The live migrations of a server',
  { migrations: { description: 'Those that are in progress.', schema: listOf(ofServer) } },
  { migrations: [SERVER_EXAMPLE] },
);
const show = objectSchema(
  'One live migration',
  { migration: { description: 'The migration.', schema: ofServer } },
  { migration: SERVER_EXAMPLE },
);

/** Both views have the same fields: to a tenant those of hosts are null. */
export const listResponse = sameForBothViews(list);
export const serverListResponse = sameForBothViews(serverList);
export const showResponse = sameForBothViews(show);
