import { type RawTime, rawTime, sortableTime } from '../database/rows/time.js';

/** The times of a row, which show when the row was last changed. */
export interface Times {
  readonly created_at: RawTime | null;
  readonly updated_at: RawTime | null;
  readonly start_time: RawTime | null;
  readonly finish_time: RawTime | null;
}

/**
 * Returns true if the newest time of an action and its events is before the horizon: the retention deletes such an
 * action, and the recorder must not copy it again. An action without any time is kept.
 */
export function isForgotten(rows: readonly Times[], horizon: RawTime): boolean {
  const times = rows.flatMap((row) => [row.created_at, row.updated_at, row.start_time, row.finish_time]);
  const newest = times.map(sortableTime).sort().at(-1) ?? '';
  return newest !== '' && newest < sortableTime(horizon);
}

/** Returns the time before which actions are forgotten. @param days the setting RETENTION */
export function horizonOf(days: number, now = Date.now()): RawTime {
  return `${rawTime(now - days * 86_400_000)}000`;
}
