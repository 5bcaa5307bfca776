import type { RawTime } from '../../database/rows/time.js';

/** The actions that a caller may see: those of all projects, or those of the servers of one project. */
export type Scope = { readonly all: true } | { readonly project: string };

/** The fields of an action that a search can filter by. */
export type TextField =
  'project_id' | 'user_id' | 'server_id' | 'request_id' | 'action' | 'host' | 'event' | 'status';
export type TimeField = 'created_at' | 'started_at' | 'finished_at' | 'updated_at';

/**
 * A condition of a search.
 * - `in`: the value of the field is one of the values. For `host` and `event`: an event of the action has such a value.
 * - `nin`: the opposite of `in`. A field without a value matches.
 * - `gt`, `gte`, `lt`, `lte`: the time is after or before the value, of which there is one. An unknown time never
 *   matches.
 *
 * The values of times are texts with microseconds, `YYYY-MM-DD HH:MM:SS.ffffff`.
 */
export type Condition =
  | { readonly field: TextField; readonly operator: 'in' | 'nin'; readonly values: readonly string[] }
  | {
      readonly field: TimeField;
      readonly operator: 'in' | 'nin' | 'gt' | 'gte' | 'lt' | 'lte';
      readonly values: readonly RawTime[];
    };

/** The order of a list: by the second of `created_at`, and then by the id of the copy. */
export type Sort = 'asc' | 'desc';

/** The place of an action in the order of a list. */
export interface Position {
  /** The seconds from 1970 to `created_at`; 0 if the time is unknown. */
  readonly second: number;
  /** The id of the copy. */
  readonly id: number;
}

/** The place in a list at which a page begins or ends. The page does not contain the action at this place. */
export interface Cursor extends Position {
  /** `next`: the page follows this place. `previous`: the page ends before this place. */
  readonly direction: 'next' | 'previous';
}

/** A search for actions. */
export interface SearchQuery {
  readonly scope: Scope;
  /** All conditions must hold. */
  readonly conditions: readonly Condition[];
  /** The numbers of the cells whose actions match. Undefined if the search has no condition about cells. */
  readonly cells?: readonly number[] | undefined;
  readonly sort: Sort;
  /** The maximum number of actions on a page. */
  readonly limit: number;
  /** The time at which the first page was requested. The statuses `running` and `stalled` depend on it. */
  readonly now: RawTime;
}
