import { isoSecond } from '../database/rows/time.js';
import { Microversion } from '../nova/microversion/microversion.js';
import { linksField, objectSchema, UUID } from '../nova/schema/fields.js';
import { exampleServers } from '../nova/servers/example.js';
import { underKey } from '../nova/view/under-key.js';
import type { ViewScope } from '../nova/view/view.js';
import type { ServerRow } from './servers.store.js';

const LOCKED = Microversion.of(2, 9);
const LOCKED_REASON = Microversion.of(2, 73);

const SERVER = objectSchema('Server', {
  id: { description: 'The UUID of the server.', schema: UUID },
  name: { description: 'The name of the server.', nullable: true },
  status: {
    description: 'Always UNKNOWN: the service does not know if the server is running.',
    schema: { type: 'string', enum: ['UNKNOWN'] },
  },
  tenant_id: { description: 'The project of the server.' },
  user_id: { description: 'The user who created the server.' },
  created: {
    description: 'The time of the creation. Absent if it is unknown.',
    schema: { type: 'string', format: 'date-time' },
    optional: true,
  },
  locked: {
    description: 'True if the server is locked.',
    schema: { type: 'boolean' },
    since: LOCKED.toString(),
  },
  locked_reason: {
    description: 'The reason of the lock.',
    nullable: true,
    since: LOCKED_REASON.toString(),
  },
  links: linksField('The links to the server.', '2.1'),
});

const { uuid, project_id, user_id, display_name } = exampleServers.documented;
const href = (root: string): string => `http://127.0.0.1:8774${root}/servers/${uuid}`;
const EXAMPLE = {
  id: uuid,
  name: display_name,
  status: 'UNKNOWN',
  tenant_id: project_id,
  user_id,
  created: '2013-07-12T21:35:37Z',
  locked: false,
  locked_reason: null,
  links: [
    { rel: 'self', href: href('/v2.1') },
    { rel: 'bookmark', href: href('') },
  ],
};

export const shown = underKey('server', { schema: SERVER, example: EXAMPLE, render: serverFields });

/** Returns the fields of a server in a response. The response omits a field whose value is undefined. */
function serverFields(row: ServerRow, scope: ViewScope): object {
  const { version } = scope;
  return {
    id: row.uuid,
    name: row.display_name,
    status: 'UNKNOWN',
    tenant_id: row.project_id ?? '',
    user_id: row.user_id ?? '',
    created: isoSecond(row.created_at)?.replace(/\.\d+$/, 'Z'),
    locked: version.atLeast(LOCKED) ? row.locked_by !== null : undefined,
    locked_reason: version.atLeast(LOCKED_REASON) ? row.locked_reason : undefined,
    links: scope.itemLinks(`servers/${row.uuid}`),
  };
}
