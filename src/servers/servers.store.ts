import type { JoinedLookup } from '../database/rows/lookup.js';
import type { RawRow } from '../database/rows/rows.js';
import type { ServerEntity } from '../nova/servers/server.entity.js';

const COLUMNS = [
  'id',
  'uuid',
  'display_name',
  'project_id',
  'user_id',
  'created_at',
  'locked_by',
  'locked_reason',
] as const;

export type ServerRow = RawRow<ServerEntity, (typeof COLUMNS)[number]>;

/** The lookup of the columns that a response shows. The query that finds the server also reads these columns. */
export const shownLookup: JoinedLookup = {
  maxKeys: 100,
  maxInFlight: 4,
  key: { table: '{instances}', columns: ['uuid'] },
  select: COLUMNS.map((column) => `shown.${column}`).join(', '),
  from: '{instances} shown ON shown.uuid = wanted.uuid',
};
