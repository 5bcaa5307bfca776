import {
  type FieldInfo,
  INTEGER,
  linksField,
  listOf,
  objectSchema,
  TIME,
  UUID,
} from '../nova/schema/fields.js';
import { sameForBothViews } from '../nova/view/view.js';
import { LIST_EXAMPLE, SERVER_EXAMPLE } from './example-responses.js';

type Fields = Readonly<Record<string, FieldInfo>>;

const ID: FieldInfo = { description: 'The number of the migration in its cell.', schema: INTEGER };
const MIGRATION_UUID: FieldInfo = {
  description: 'The UUID of the migration.',
  schema: UUID,
  since: '2.59',
  nullable: true,
};
const SERVER: FieldInfo = { description: 'The UUID of the server.', schema: UUID, nullable: true };
const STATUS: FieldInfo = { description: 'The status, such as running or error.', nullable: true };
const CREATED: FieldInfo = { description: 'The time of the request, in UTC.', schema: TIME, nullable: true };
const UPDATED: FieldInfo = {
  description: 'The time of the last change, in UTC.',
  schema: TIME,
  nullable: true,
};

const HOSTS = {
  source_compute: host('The source host.'),
  dest_compute: host('The destination host.'),
  source_node: host('The source node.'),
  dest_node: host('The destination node.'),
  dest_host: host('The address of the destination host.'),
};
const OWNER: Fields = {
  user_id: { description: 'The user who requested the migration.', since: '2.80', nullable: true },
  project_id: { description: 'The project of that user.', since: '2.80', nullable: true },
};

function host(description: string): FieldInfo {
  return { description: `${description} Null in the external view.`, nullable: true };
}

function progress(what: 'memory' | 'disk'): Fields {
  const amount = (description: string): FieldInfo => ({ description, schema: INTEGER, nullable: true });
  return {
    [`${what}_processed_bytes`]: amount(`The bytes of ${what} that are copied.`),
    [`${what}_remaining_bytes`]: amount(`The bytes of ${what} that remain to be copied.`),
    [`${what}_total_bytes`]: amount(`The total bytes of ${what} to copy.`),
  };
}

/** The fields of a migration in a list. The fields of all schemas in this file are in the order of the response. */
const inList = objectSchema('Migration', {
  id: ID,
  uuid: MIGRATION_UUID,
  ...HOSTS,
  old_instance_type_id: {
    description: 'The id of the flavor before the migration.',
    schema: INTEGER,
    nullable: true,
  },
  new_instance_type_id: {
    description: 'The id of the flavor after the migration.',
    schema: INTEGER,
    nullable: true,
  },
  instance_uuid: SERVER,
  status: STATUS,
  migration_type: {
    description: 'The type: migration, resize, live-migration or evacuation.',
    since: '2.23',
  },
  ...OWNER,
  created_at: CREATED,
  updated_at: UPDATED,
  links: {
    ...linksField('The links to a live migration in progress. Absent for other migrations.', '2.23'),
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
    migrations: { description: 'The migrations. From 2.59, the newest comes first.', schema: listOf(inList) },
    migrations_links: linksField('The link to the next page. Absent on the last page.', '2.59'),
  },
  LIST_EXAMPLE,
);
const serverList = objectSchema(
  'The live migrations of a server',
  { migrations: { description: 'The live migrations in progress.', schema: listOf(ofServer) } },
  { migrations: [SERVER_EXAMPLE] },
);
const show = objectSchema(
  'One live migration',
  { migration: { description: 'The migration.', schema: ofServer } },
  { migration: SERVER_EXAMPLE },
);

/** Both views have the same fields. In the external view, the fields of hosts are null. */
export const listResponse = sameForBothViews(list);
export const serverListResponse = sameForBothViews(serverList);
export const showResponse = sameForBothViews(show);
