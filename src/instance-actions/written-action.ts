import { randomUUID } from 'node:crypto';
import { type RawTime, sortableTime } from '../database/rows/time.js';
import type { Outcome } from '../ledger/actions/full-action.js';
import { canonicalJson, fingerprint } from '../ledger/record/entry-body.js';
import type { NovaAction, NovaEvent } from '../ledger/record/nova-rows.js';
import type { RequestContext } from '../identity/request-context.js';
import type { NamedServer } from '../nova/servers/registered-servers.js';

/** An event that a service records. A value that is absent is null in the log, unless its comment says otherwise. */
export interface NewEvent {
  readonly event: string;
  readonly host?: string | undefined;
  /** By default, the current time, or the end if it is earlier. */
  readonly start_time?: RawTime | undefined;
  /** By default, the current time if the event has a result. */
  readonly finish_time?: RawTime | undefined;
  readonly result?: 'Success' | 'Error' | undefined;
  readonly details?: string | undefined;
  readonly traceback?: string | undefined;
  /** The id that the service has chosen. It makes a repeated request harmless. */
  readonly external_id?: string | undefined;
  /** The hash of the whole request, if the id comes from a key of the request. */
  readonly request?: string | undefined;
}

/** An action that a service records. A value that is absent is null in the log, unless its comment says otherwise. */
export interface NewAction {
  readonly server: NamedServer;
  readonly action: string;
  /** By default, a new id. */
  readonly request_id?: string | undefined;
  readonly user_id?: string | undefined;
  /** By default, the project of the caller. */
  readonly requester_project_id?: string | undefined;
  /** By default, the current time. */
  readonly created_at?: RawTime | undefined;
  /** By default, `created_at`, or the end if it is earlier. */
  readonly started_at?: RawTime | undefined;
  /** By default, the current time if the action has a status. */
  readonly finished_at?: RawTime | undefined;
  readonly status?: Exclude<Outcome, 'running'> | undefined;
  /** By default, `Error` for an action that failed. */
  readonly message?: string | undefined;
  /** The id that the service has chosen. It makes a repeated request harmless. */
  readonly external_id?: string | undefined;
  /** The hash of the whole request, if the id comes from a key of the request. */
  readonly request?: string | undefined;
  readonly events?: readonly NewEvent[] | undefined;
}

/** The end of an action. */
export interface ActionEnd {
  readonly finished_at?: RawTime | undefined;
  readonly status: NonNullable<NewAction['status']>;
  readonly message?: string | undefined;
}

/** The end of an event. */
export interface EventEnd {
  readonly finish_time?: RawTime | undefined;
  readonly result: NonNullable<NewEvent['result']>;
  readonly details?: string | undefined;
  readonly traceback?: string | undefined;
}

/** A row that has no id yet. */
export type Unsaved<Row> = Omit<Row, 'id'>;

/** An event that the store does not have yet. */
export interface UnsavedEvent {
  readonly row: Unsaved<Omit<NovaEvent, 'action_id'>>;
  readonly externalId: string | null;
  readonly digest: string;
}

/** An action that the store does not have yet. */
export interface UnsavedAction {
  readonly row: Unsaved<NovaAction>;
  readonly events: readonly UnsavedEvent[];
  readonly outcome: Outcome | null;
  readonly externalId: string | null;
  readonly digest: string;
}

export const NOT_DELETED = { deleted_at: null, deleted: 0 } as const;

/** Returns the rows of an action. @param now the time of the request */
export function unsavedAction(caller: RequestContext, action: NewAction, now: RawTime): UnsavedAction {
  const { external_id: externalId = null, created_at: createdAt = now, status, events = [] } = action;
  const hasFailed =
    status === undefined ? events.some(({ result }) => result === 'Error') : status === 'error';
  const finishTime = action.finished_at ?? (status === undefined ? null : now);
  return {
    row: {
      instance_uuid: action.server.id,
      request_id: action.request_id ?? `req-${randomUUID()}`,
      action: action.action,
      user_id: action.user_id ?? null,
      project_id: action.requester_project_id ?? caller.projectId,
      message: action.message ?? (hasFailed ? 'Error' : null),
      start_time: startOf(action.started_at, createdAt, finishTime),
      finish_time: finishTime,
      ...{ created_at: createdAt, updated_at: now, ...NOT_DELETED },
    },
    events: events.map((event) => unsavedEvent(event, now)),
    outcome: status ?? null,
    ...{ externalId, digest: digestOf(action) },
  };
}

/** Returns the row of an event. @param now the time of the request */
export function unsavedEvent(event: NewEvent, now: RawTime): UnsavedEvent {
  const { external_id: externalId = null, result = null } = event;
  const finishTime = event.finish_time ?? (result === null ? null : now);
  const startTime = startOf(event.start_time, now, finishTime);
  return {
    row: {
      event: event.event,
      ...{ host: event.host ?? null, result, start_time: startTime, finish_time: finishTime },
      ...{ details: event.details ?? null, traceback: event.traceback ?? null },
      ...{ created_at: startTime, updated_at: finishTime === null ? null : now, ...NOT_DELETED },
    },
    // The service compares digests only by the ids that clients have chosen.
    ...{ externalId, digest: externalId === null ? '' : digestOf(event) },
  };
}

/**
 * Returns the start of an action or an event. A start that the service does not state is never after the end. So a
 * repeated request is as valid as the first one.
 *
 * @param byDefault the start without an end
 */
export function startOf(
  stated: RawTime | undefined,
  byDefault: RawTime,
  end: RawTime | null | undefined,
): RawTime {
  if (stated !== undefined) return stated;
  return end && sortableTime(end) < sortableTime(byDefault) ? end : byDefault;
}

/** Returns the hash by which the service detects that a repeated request has another content. */
function digestOf(content: NewAction | NewEvent): string {
  return fingerprint(canonicalJson(content));
}
