import { timeLimits } from '../database/connection/time-limits.js';
import { knownTime, millisecondsOf, type RawTime, rawTime, sortableTime } from '../database/rows/time.js';
import type { LogCell } from '../ledger/cells/log-cells.js';
import type { Scope } from '../ledger/search/search-query.js';

/** The state of the log that a page shows. */
export interface StableUntil {
  /** The page contains all changes before this time. Null if the time is unknown. */
  readonly time: RawTime | null;
  /** Undefined for a caller who sees one project, because positions count the changes of all projects. */
  readonly position: number | undefined;
}

/** The positions of the record when a page was read. */
export interface Positions {
  /** The position of the last entry whose rows the search contains. */
  readonly position: number;
  /** The position of the last entry of the record. */
  readonly head: number;
}

/** A time, and the position of the last entry at that time. */
interface Observed {
  readonly head: number;
  readonly time: RawTime;
}

/** The maximum number of observed times that are kept. */
const MAX_OBSERVED = 50;

/**
 * In the scope of one project, a time is never less than `MIN_AGE` ago, and it is rounded down to `PRECISION`, both in
 * milliseconds. Otherwise it would show when somebody changes a server of another project.
 */
const MIN_AGE = 10_000;
const PRECISION = 10_000;

/** Determines the times before which pages contain all changes. */
export class StableTimes {
  /** In ascending order. */
  private observed: Observed[] = [];

  /**
   * Returns the state of the log that a page shows.
   *
   * @param now the time before the page was read
   * @param cells the cells of Nova before the page was read
   */
  of(now: RawTime, cells: readonly LogCell[], positions: Positions, scope: Scope): StableUntil {
    const time = this.timeOf(recordedUntil(now, cells), positions);
    if ('all' in scope) return { time: knownTime(time), position: positions.position };
    const hidden = time && earliest(time, earlier(now, MIN_AGE));
    return { time: hidden && rounded(hidden), position: undefined };
  }

  /** @param recorded the time before which the record has all changes */
  private timeOf(recorded: RawTime | null, { position, head }: Positions): RawTime | null {
    if (recorded === null) return null;
    if (position >= head) {
      this.observed = [{ head, time: recorded }];
      return recorded;
    }
    // The search does not contain the newest entries yet. It contains all entries that an earlier page has observed.
    const known = this.observed.findLast((one) => one.head <= position);
    const newer = this.observed.filter((one) => one.head > position);
    this.observed = [...(known === undefined ? [] : [known]), ...newer];
    if (this.observed.length < MAX_OBSERVED) this.observed.push({ head, time: recorded });
    return known?.time ?? null;
  }
}

/** Returns the time before which the record has all changes; null while the recorder copies the past of a cell. */
function recordedUntil(now: RawTime, cells: readonly LogCell[]): RawTime | null {
  // An entry gets its time before its transaction commits.
  const own = earlier(now, timeLimits().transaction);
  const ofCells = cells.filter(({ isOpen }) => isOpen).map(({ completeUntil }) => completeUntil);
  return [own, ...ofCells].reduce((one, other) => one && other && earliest(one, other));
}

function earliest(one: RawTime, other: RawTime): RawTime {
  return sortableTime(one) < sortableTime(other) ? one : other;
}

function earlier(time: RawTime, milliseconds: number): RawTime {
  return rawTime(millisecondsOf(time) - milliseconds) + time.slice(23);
}

function rounded(time: RawTime): RawTime {
  return rawTime(Math.floor(millisecondsOf(time) / PRECISION) * PRECISION);
}
