import { hash } from 'node:crypto';
import { isoSecond } from '../database/rows/time.js';
import { Microversion } from '../nova/microversion/microversion.js';
import type { ListPage } from '../nova/pagination/page.js';
import { sameForBothViews, type NovaView, type ViewScope } from '../nova/view/view.js';
import type { ActionRow, ActionWithEvents, EventRow } from './instance-actions.store.js';

const UPDATED_AT = Microversion.of(2, 58);

export const listView: NovaView<ListPage<ActionRow>> = sameForBothViews(list);

export const showView: NovaView<ActionWithEvents> = {
  external: (shown, scope) => show(shown, scope, externalEvent),
  internal: (shown, scope) => show(shown, scope, internalEvent),
};

function list({ items, nextMarker }: ListPage<ActionRow>, scope: ViewScope): object {
  const { server, version } = scope;
  const instanceActions = items.map((action) => actionFields(action, version));
  if (nextMarker === undefined) return { instanceActions };
  return {
    instanceActions,
    links: [scope.nextPage(`servers/${server.urlId}/os-instance-actions`, nextMarker)],
  };
}

function show(
  { action, events }: ActionWithEvents,
  scope: ViewScope,
  event: (row: EventRow, projectId: string) => object,
): object {
  const projectId = action.project_id || scope.server.projectId || '';
  const shown = events?.map((row) => event(row, projectId));
  return { instanceAction: actionFields(action, scope.version, shown) };
}

/** Returns the fields of an action in a response. The response omits a field whose value is undefined. */
function actionFields(row: ActionRow, version: Microversion, events?: readonly object[]): object {
  return {
    action: row.action,
    instance_uuid: row.instance_uuid,
    request_id: row.request_id,
    user_id: row.user_id,
    project_id: row.project_id,
    start_time: isoSecond(row.start_time),
    message: row.message,
    updated_at: version.atLeast(UPDATED_AT) ? isoSecond(row.updated_at) : undefined,
    events,
  };
}

/**
 * Returns the fields of an event in the external view. The response omits `hostId` and `details` if the caller may not
 * see the columns from which they are made.
 */
function externalEvent(row: EventRow, projectId: string): object {
  return {
    event: row.event,
    start_time: isoSecond(row.start_time),
    finish_time: isoSecond(row.finish_time),
    result: row.result,
    hostId: hostId(row.host, projectId),
    details: row.details,
  };
}

function internalEvent(row: EventRow, projectId: string): object {
  return {
    event: row.event,
    start_time: isoSecond(row.start_time),
    finish_time: isoSecond(row.finish_time),
    result: row.result,
    traceback: row.traceback,
    host: row.host,
    hostId: hostId(row.host, projectId),
    details: row.details,
  };
}

/** Returns a hash that hides the host's name. All events of a project on one host have the same hash. */
function hostId(host: string | null | undefined, projectId: string): string | undefined {
  if (host === undefined) return undefined;
  return host ? hash('sha224', projectId + host) : '';
}
