import { type RawTime, rawTime, sortableTime } from '../../database/rows/time.js';

/** The times of a row. The newest one shows when Nova last changed the row. */
export interface Times {
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
  readonly start_time: RawTime | null;
  readonly finish_time: RawTime | null;
}

/**
 * Returns true if the newest time of an action and its events is before the horizon. The retention deletes such an
 * action, and the recorder must not copy it again. Returns false for an action without any time.
 */
export function isTooOld(rows: readonly Times[], horizon: RawTime): boolean {
  const times = rows.flatMap((row) => [row.created_at, row.updated_at, row.start_time, row.finish_time]);
  const newest = times.map(sortableTime).sort().at(-1) ?? '';
  return newest !== '' && newest < sortableTime(horizon);
}

/** Returns the horizon: the retention deletes actions that are older. @param days the setting RETENTION */
export function horizonOf(days: number, now = Date.now()): RawTime {
  return `${rawTime(now - days * 86_400_000)}000`;
}
