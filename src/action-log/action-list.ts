import { currentTime, millisecondsOf, type RawTime, rawTime } from '../database/rows/time.js';
import type { RecordKeys } from '../ledger/actions/record-keys.js';
import type { Cursor, Scope } from '../ledger/search/search-query.js';
import { dependsOnClock } from '../ledger/search/wanted.js';
import type { ActionsQuery } from './action-log.query.js';
import { openedCursor, sealedCursor } from './cursors.js';
import { bindingOf, searchOf } from './search-query-of.js';

/** The caller for whom the service reads a list. */
export interface Reader {
  /** The project of the caller, or the user of a token without a project. Large reads of one reader wait together. */
  readonly name: string;
  /** True if the caller sees the tracebacks and details of events. */
  readonly isInternal: boolean;
}

/** A list of actions, as one request reads it. */
export class ActionList {
  /** The place at which the requested page begins. Undefined for the first page. */
  readonly start: Cursor | undefined;
  /**
   * The time with which the service derives the statuses `running`, `stalled` and `unknown`. If the filters depend on
   * it, it is the time of the request for the first page.
   */
  readonly now: RawTime;
  private readonly binding: string;

  /**
   * @param scope the actions that the caller may see
   * @param requestedAt the time of the request
   * @throws CursorRejected
   */
  constructor(
    readonly query: ActionsQuery,
    readonly scope: Scope,
    readonly reader: Reader,
    readonly keys: RecordKeys,
    readonly requestedAt = currentTime(),
  ) {
    this.binding = bindingOf(query, scope);
    const start = query.cursor === undefined ? undefined : openedCursor(keys, query.cursor, this.binding);
    this.start = start;
    this.now = start?.clock === undefined ? this.requestedAt : timeOf(start.clock);
  }

  /** Returns the cursor of the page that begins at a place. */
  cursorOf(place: Cursor): string {
    const clock = dependsOnClock(searchOf(this.query)) ? microsecondsOf(this.now) : undefined;
    return sealedCursor(this.keys, { ...place, clock }, this.binding);
  }
}

/** Returns a time in microseconds since 1970. */
function microsecondsOf(time: RawTime): number {
  return millisecondsOf(time) * 1_000 + Number(time.slice(23));
}

/** Returns the time of `microsecondsOf`. */
function timeOf(microseconds: number): RawTime {
  return rawTime(Math.floor(microseconds / 1_000)) + String(microseconds % 1_000).padStart(3, '0');
}
