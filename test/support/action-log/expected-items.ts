import type { Item } from './log-client.js';
import { type ReferenceAction, statusAt } from './reference.js';

/**
 * Returns an item of the list, in the external view and without events, as the rows and the documentation say.
 *
 * @param id the id that clients see
 * @param now the time with which the service derives the statuses `running`, `stalled` and `unknown`
 */
export function expectedItem(action: ReferenceAction, id: number | undefined, now: string): Item {
  const { action: row, server } = action.of;
  return {
    ...{ id, server_id: row.instance_uuid, project_id: server?.project_id ?? null, user_id: row.user_id },
    ...{ requester_project_id: row.project_id, request_id: row.request_id, action: row.action },
    ...{ status: statusAt(action, now), message: row.message, created_at: zoned(action.created_at) },
    ...{ started_at: zoned(action.started_at), finished_at: zoned(action.finished_at) },
    updated_at: zoned(action.updated_at),
  };
}

/** Returns an item without the fields that only some callers see. */
export function withoutInternalFields(item: Item): Item {
  const hidden = ['cell', 'external_id', 'epoch', 'nova_id'];
  return Object.fromEntries(Object.entries(item).filter(([name]) => !hidden.includes(name)));
}

function zoned(time: string): string | null {
  return time === '' ? null : `${time.replace(' ', 'T')}Z`;
}
