import { type Entry, Place } from '../ledger/record/entry.js';
import type { Access } from '../nova/policy/access.js';
import type { ApiScope, View } from '../nova/view/view.js';
import { linksOf } from './action-log.view.js';
import { externalEvents, internalEvents, type RenderEvents, zonedTime } from './events.view.js';

/** An entry of the record about one action. */
export type ActionEntry = Extract<Entry, { readonly kind: 'action' | 'corrected' }>;

/** An entry, and the ids of its events that clients see. */
export interface LoggedEntry {
  readonly entry: ActionEntry;
  /** In the order of the events of the entry. */
  readonly eventIds: readonly number[];
}

/** A page of the history of an action. */
export interface EntriesPage {
  readonly entries: readonly LoggedEntry[];
  /** The cursor of the next page. */
  readonly next: string | undefined;
}

export const entriesView: View<EntriesPage, ApiScope> = {
  external: (page, scope) =>
    pageFields(page, scope, (logged) => entryFields(logged, scope.access, {}, externalEvents)),
  internal: (page, scope) =>
    pageFields(page, scope, (logged) => {
      const { body } = logged.entry;
      const internal = { place: Place[body.place], reason: 'reason' in body ? body.reason : null };
      return entryFields(logged, scope.access, internal, internalEvents);
    }),
};

function pageFields(page: EntriesPage, scope: ApiScope, render: (logged: LoggedEntry) => object): object {
  return { entries: page.entries.map(render), next: linksOf(page, scope).next };
}

/** Returns the fields of an entry. @param internal the fields that only the internal view has */
function entryFields(
  { entry, eventIds }: LoggedEntry,
  access: Access,
  internal: object,
  renderEvents: RenderEvents,
): object {
  const { action, events } = entry.body;
  return {
    // Positions count the changes of all projects.
    position: access.fields['position'] === true ? entry.position : undefined,
    recorded_at: zonedTime(entry.recordedAt),
    kind: entry.kind,
    message: action.message,
    started_at: zonedTime(action.start_time),
    finished_at: zonedTime(action.finish_time),
    updated_at: zonedTime(action.updated_at),
    ...internal,
    events: renderEvents(events, eventIds, access),
  };
}
