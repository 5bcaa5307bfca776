import type { RawTime } from '../database/rows/time.js';
import type { ActionTimes, Status } from '../ledger/actions/action-status.js';
import type { FullAction, ServerFacts } from '../ledger/actions/full-action.js';
import type { Access } from '../nova/policy/access.js';
import type { PageLinks } from '../nova/route/api-features.js';
import type { ApiScope, View } from '../nova/view/view.js';
import { externalEvents, internalEvents, type RenderEvents, zonedTime } from './events.view.js';
import type { StableUntil } from './stable-until.js';

/** An action with the values that do not come from its rows alone. */
export interface LoggedAction extends ActionTimes {
  /** The id that clients see. */
  readonly id: number;
  readonly status: Status;
  /** The name of the cell; null for an action of the store itself. */
  readonly cellName: string | null;
  readonly full: FullAction;
  /** The ids of the events that clients see, in the order of `full.events`. Undefined if the response has no events. */
  readonly eventIds: readonly number[] | undefined;
}

/** A page of the list of actions. */
export interface ActionPage {
  readonly actions: readonly LoggedAction[];
  /** The cursors of the next and the previous page. */
  readonly next: string | undefined;
  readonly previous: string | undefined;
  /** Set if the search has used its budget before the page was full. */
  readonly scannedTo: RawTime | undefined;
  readonly stableUntil: StableUntil;
}

export const shownView: View<LoggedAction, ApiScope> = {
  external: (shown, { access }) => withServer(shown, externalAction(shown, access)),
  internal: (shown, { access }) => withServer(shown, internalAction(shown, access)),
};

/** Renders an action for the service that records it. The facts of its server may be Nova's, so they are absent. */
export const recordedView: View<LoggedAction, ApiScope> = {
  external: (recorded, { access }) => externalAction(recorded, access),
  internal: (recorded, { access }) => internalAction(recorded, access),
};

export const recordedListView: View<readonly LoggedAction[], ApiScope> = {
  external: (actions, scope) => ({ actions: actions.map((action) => recordedView.external(action, scope)) }),
  internal: (actions, scope) => ({ actions: actions.map((action) => recordedView.internal(action, scope)) }),
};

export const listedView: View<ActionPage, ApiScope> = {
  external: (page, scope) => pageFields(page, scope, externalAction),
  internal: (page, scope) => pageFields(page, scope, internalAction),
};

/** Returns the addresses of the next and the previous page. */
export function linksOf(
  { next, previous }: { readonly next: string | undefined; readonly previous?: string | undefined },
  scope: ApiScope,
): PageLinks {
  return { next: next && scope.pageAddress(next), previous: previous && scope.pageAddress(previous) };
}

function pageFields(
  page: ActionPage,
  scope: ApiScope,
  render: (action: LoggedAction, access: Access) => object,
): object {
  const { time, position } = page.stableUntil;
  return {
    actions: page.actions.map((action) => render(action, scope.access)),
    ...linksOf(page, scope),
    scanned_to: page.scannedTo === undefined ? undefined : zonedTime(page.scannedTo),
    stable_until: { time: zonedTime(time), position },
  };
}

function externalAction(logged: LoggedAction, access: Access): object {
  return actionFields(logged, access, {}, externalEvents);
}

function internalAction(logged: LoggedAction, access: Access): object {
  const { epoch, action, written } = logged.full;
  const own = { external_id: written?.externalId ?? null, epoch, nova_id: action.id };
  return actionFields(logged, access, own, internalEvents);
}

/**
 * Returns the fields of an action.
 *
 * @param internal the fields that only the internal view has
 */
function actionFields(
  logged: LoggedAction,
  access: Access,
  internal: object,
  renderEvents: RenderEvents,
): object {
  const { action, events, server } = logged.full;
  return {
    id: logged.id,
    server_id: action.instance_uuid,
    project_id: server?.project_id ?? null,
    user_id: action.user_id,
    requester_project_id: action.project_id,
    request_id: action.request_id,
    action: action.action,
    status: logged.status,
    message: action.message,
    created_at: zonedTime(logged.createdAt),
    started_at: zonedTime(logged.startedAt),
    finished_at: zonedTime(logged.finishedAt),
    updated_at: zonedTime(logged.updatedAt),
    cell: access.fields['cell'] === true ? logged.cellName : undefined,
    ...internal,
    events: logged.eventIds && renderEvents(events, logged.eventIds, access),
  };
}

function withServer({ full: { server } }: LoggedAction, fields: object): object {
  return { ...fields, server: server === undefined ? null : serverFields(server) };
}

function serverFields(server: ServerFacts): object {
  return {
    id: server.uuid,
    name: server.display_name,
    project_id: server.project_id,
    user_id: server.user_id,
    availability_zone: server.availability_zone,
    created_at: zonedTime(server.created_at),
    launched_at: zonedTime(server.launched_at),
    deleted_at: zonedTime(server.deleted_at),
  };
}
