import { millisecondsOf, type RawTime, rawTime } from '../../database/rows/time.js';
import type { CellSnapshot } from '../source/cell-reader.js';

/** The maximum number of servers in one page. */
const PAGE = 5_000;

/** The maximum number of pages in one reading. */
const MAX_PAGES = 4;

/** A server that has changed, with its `updated_at`. */
export type ChangedServer = Awaited<ReturnType<CellSnapshot['changedServers']>>[number];

/**
 * A reader of the servers that Nova has changed without an action, for example a new name. Nova's table of servers has
 * an index on `updated_at`. Its times come from the clocks of several hosts, so each reading starts at a time before
 * the end of the previous one.
 */
export class ChangedServers {
  /** The changes that the recorder has already read, and that the next reading reads again. */
  private readonly seen = new Map<number, RawTime>();
  private newest: RawTime;
  private nextAt = -Infinity;

  /**
   * @param since the time from which changes are read, as `YYYY-MM-DD HH:MM:SS`
   * @param interval the time between two readings, in milliseconds
   * @param overlap the time in which two readings overlap, in milliseconds
   */
  constructor(
    since: RawTime,
    private readonly interval: number,
    private readonly overlap: number,
  ) {
    this.newest = since;
  }

  isDue(now: number): boolean {
    return now >= this.nextAt;
  }

  /** Reads the servers that have changed since the previous reading. Has no other effect. */
  async read(cell: CellSnapshot): Promise<ChangedServer[]> {
    const changed: ChangedServer[] = [];
    let since = earlier(this.newest, this.overlap);
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const rows = await cell.changedServers(since, PAGE);
      changed.push(...rows.filter(({ id, updated_at }) => this.seen.get(id) !== updated_at));
      const last = rows.at(-1)?.updated_at ?? since;
      if (rows.length < PAGE) break;
      // More servers than fit into a page can have the same second. The reconciler finds the rest.
      since = last > since ? last : earlier(last, -1_000);
    }
    return changed;
  }

  /** Notes that the recorder has recorded the changes of a reading. */
  confirm(changed: readonly ChangedServer[], now: number): void {
    this.nextAt = now + this.interval;
    for (const { id, updated_at } of changed) {
      this.seen.set(id, updated_at);
      if (updated_at > this.newest) this.newest = updated_at;
    }
    const horizon = earlier(this.newest, this.overlap);
    for (const [id, updatedAt] of this.seen) if (updatedAt < horizon) this.seen.delete(id);
  }
}

/** Returns the time that is a number of milliseconds before another time. */
function earlier(time: RawTime, by: number): RawTime {
  return rawTime(millisecondsOf(time.slice(0, 19)) - by).slice(0, 19);
}
