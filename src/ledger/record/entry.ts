import type { RawTime } from '../../database/rows/time.js';
import type { NovaAction, NovaEvent, NovaServer } from './nova-rows.js';

/** The place of a row in Nova when the recorder last read it. The store contains the numbers. */
export enum Place {
  main = 1,
  /** A shadow table: `nova-manage db archive_deleted_rows` has moved the row. */
  shadow = 2,
  /** Deleted from the shadow table: `nova-manage db purge`. */
  purged = 3,
  /** Deleted from the main table, for example after a resize to another cell. */
  removed = 4,
}

/** An action with its events, as known at one moment. */
export interface ActionBody {
  readonly action: NovaAction;
  /** The events by ascending id. */
  readonly events: readonly NovaEvent[];
  readonly place: Place;
  /** The facts of an action that a service has recorded over HTTP. */
  readonly written?: {
    readonly external_id: string | null;
    readonly outcome: string | null;
    readonly writer: string;
  };
}

/** An action that the recorder found or corrected only when it compared the copy with Nova. */
export interface CorrectedBody extends ActionBody {
  /** `late`: the copy did not have the action. `changed`: Nova changed it, but no round detected the change. */
  readonly reason: 'late' | 'changed';
}

/** The facts of a server. */
export interface ServerBody {
  readonly server: NovaServer;
  readonly place: Place;
}

/** Rows of one server that Nova has moved or deleted. */
export interface VanishedBody {
  /** Nova's ids of the server's actions. */
  readonly actions: readonly number[];
  /** Nova's id of the server's row; null if the row did not vanish. */
  readonly server: number | null;
}

/** A range of ids of actions in which rows may be missing. */
export interface GapBody {
  readonly from_id: number;
  readonly to_id: number;
  /** The number of ids in the range without a row. */
  readonly void_ids: number;
  readonly from_time: RawTime | null;
  readonly to_time: RawTime | null;
  /** `certain`: Nova had rows that the recorder has not seen. `possible`: the ids may never have had rows. */
  readonly grade: 'certain' | 'possible';
}

/** Ids that Nova assigned again, for example after a restore of its database. */
export interface EpochBody {
  readonly epoch: number;
  /** The lowest ids of the new epoch. */
  readonly from: { readonly actions: number; readonly events: number; readonly servers: number };
  readonly reason: string;
}

/** The start, the resumption or the end of the recording of a cell. */
export interface CellBody {
  readonly state: 'began' | 'resumed' | 'closed';
  readonly name: string | null;
  readonly uuid: string;
  /** `resumed`: the ids of actions that Nova assigned while no process recorded the cell. */
  readonly from_id?: number;
  readonly to_id?: number;
  /** `resumed`: the time of the last reading before the interruption. */
  readonly since?: RawTime | null;
}

/** Entries that were deleted because of their age. */
export interface RetentionBody {
  readonly horizon: RawTime;
  readonly actions: number;
  /** The first and the last position of each deleted range. */
  readonly positions: readonly (readonly [first: number, last: number])[];
}

/** A row that the recorder could not read or store. */
export interface UnreadableBody {
  readonly table: string;
  readonly reason: string;
  /** The row as far as it could be read. */
  readonly row: Readonly<Record<string, unknown>> | null;
}

/** The body of an entry, by the kind of the entry. */
export interface EntryBodies {
  action: ActionBody;
  corrected: CorrectedBody;
  server: ServerBody;
  archived: VanishedBody;
  purged: VanishedBody;
  removed: VanishedBody;
  gap: GapBody;
  epoch: EpochBody;
  cell: CellBody;
  retention: RetentionBody;
  unreadable: UnreadableBody;
}

export type EntryKind = keyof EntryBodies;

interface EntryOf<Kind extends EntryKind> {
  readonly kind: Kind;
  /** The number of the cell: see `NovaId`. */
  readonly cell: number;
  readonly epoch: number;
  /** Nova's id of the action or the server; null for an entry about several rows. */
  readonly novaId: number | null;
  readonly serverUuid: string | null;
  /** The project that owns the server, not that of the requester. */
  readonly projectId: string | null;
  /** The position of the previous entry about the same action or server; null if this is the first one. */
  readonly previous: number | null;
  readonly body: EntryBodies[Kind];
  /** The text of the body from `bodyText`. The writer computes it once, because it needs the text several times. */
  readonly text?: string;
}

/** An entry that has no position yet. */
export type NewEntry = { [Kind in EntryKind]: EntryOf<Kind> }[EntryKind];

/** Returns the fields of an entry that is not about a single action or server. */
export function aboutSeveral({
  cell,
  epoch,
}: Pick<NewEntry, 'cell' | 'epoch'>): Omit<NewEntry, 'kind' | 'body'> {
  return { cell, epoch, novaId: null, serverUuid: null, projectId: null, previous: null };
}

/** An entry of the record. */
export type Entry = NewEntry & {
  /** The number of the entry in the record: 1, 2, 3 and so on, in the order of the commits. */
  readonly position: number;
  /** The time of the entry, with microseconds. It never goes backwards. */
  readonly recordedAt: RawTime;
};
