import type { RawTime } from '../database/rows/time.js';
import type { Outcome } from '../ledger/actions/full-action.js';
import type { Status } from '../ledger/actions/action-status.js';
import { fingerprint } from '../ledger/record/entry-body.js';
import type { NamedServer } from '../nova/servers/registered-servers.js';
import { NOT_DELETED, type UnsavedAction, type UnsavedEvent } from './written-action.js';

/** An event of an imported action. A value that is absent is null in the log. */
interface ImportedEvent {
  readonly event?: string;
  readonly host?: string;
  readonly start_time?: RawTime;
  readonly finish_time?: RawTime;
  readonly result?: string;
  readonly traceback?: string;
  readonly details?: string;
}

/** The server of an imported action. */
interface ImportedServer {
  readonly name?: string;
  readonly user_id?: string;
  readonly availability_zone?: string;
  readonly created_at?: RawTime;
  readonly launched_at?: RawTime;
  readonly deleted_at?: RawTime;
}

/** An action of another log. A value that is absent is null in this log. */
export interface ImportedAction {
  /** The id in the other log. Without it, `external_id` identifies the action. */
  readonly id?: number;
  readonly external_id?: string;
  readonly server_id?: string;
  /** The project that owns the server. Without it, the server is not registered. */
  readonly project_id?: string;
  readonly user_id?: string;
  readonly requester_project_id?: string;
  readonly request_id?: string;
  readonly action?: string;
  readonly status: Status;
  readonly message?: string;
  readonly created_at?: RawTime;
  readonly started_at?: RawTime;
  readonly finished_at?: RawTime;
  readonly updated_at?: RawTime;
  readonly events?: readonly ImportedEvent[];
  readonly server?: ImportedServer;
}

/** The prefix of the external ids that come from the ids in another log. */
const PREFIX = 'import:';

/** The rows of an imported action. */
export type ImportedRows = UnsavedAction & { readonly externalId: string };

/** Returns the rows of an imported action. */
export function importedRows(imported: ImportedAction): ImportedRows {
  const { created_at: createdAt = null, started_at: start = null, finished_at: end = null } = imported;
  const row = {
    instance_uuid: imported.server_id ?? null,
    request_id: imported.request_id ?? null,
    action: imported.action ?? null,
    user_id: imported.user_id ?? null,
    project_id: imported.requester_project_id ?? null,
    message: imported.message ?? null,
    ...{ start_time: start, finish_time: end, created_at: createdAt },
    updated_at: imported.updated_at ?? end ?? start ?? createdAt,
    ...NOT_DELETED,
  };
  const events = (imported.events ?? []).map(eventRow);
  const outcome = outcomeOf(imported.status);
  const proven = outcome === 'success' || outcome === 'error' ? outcome : '';
  return {
    ...{ row, outcome, externalId: externalIdOf(imported) },
    events: events.map((event): UnsavedEvent => ({ row: event, externalId: null, digest: '' })),
    // The status of an action that has no result depends on the time of the export.
    digest: fingerprint(JSON.stringify([row, proven, ...events])),
  };
}

/** Returns the server of an imported action; undefined if its project is unknown. */
export function importedServer({
  server_id: id,
  project_id,
  server = {},
}: ImportedAction): NamedServer | undefined {
  if (id === undefined || project_id === undefined) return undefined;
  const { name, user_id, availability_zone, created_at = null, launched_at, deleted_at } = server;
  return { id, project_id, user_id, name, availability_zone, created_at, launched_at, deleted_at };
}

/**
 * Returns the id that identifies an imported action in this log. Two other logs may have different actions with the same
 * id, but hardly ever with the same time.
 */
function externalIdOf({ id, external_id: chosen = '', created_at: createdAt = '' }: ImportedAction): string {
  return id === undefined ? chosen : `${PREFIX}${id}/${createdAt}`;
}

/** Returns the outcome for a status. From `running`, the log derives `stalled` again if nothing changes for an hour. */
function outcomeOf(status: Status): Outcome {
  return status === 'stalled' ? 'running' : status;
}

function eventRow(event: ImportedEvent): UnsavedEvent['row'] {
  const { start_time: start = null, finish_time: end = null } = event;
  return {
    event: event.event ?? null,
    host: event.host ?? null,
    result: event.result ?? null,
    ...{ start_time: start, finish_time: end, created_at: start, updated_at: end },
    traceback: event.traceback ?? null,
    details: event.details ?? null,
    ...NOT_DELETED,
  };
}
