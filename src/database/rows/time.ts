/** A time as every database returns it in a raw row: UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
export type RawTime = string;

/**
 * A raw time as text with microseconds, `YYYY-MM-DDTHH:MM:SS.ffffff`, without a zone. Null for null, and for a date that
 * does not exist: lax SQL modes store `0000-00-00`, `2024-05-00` or `2024-02-31`, which no client can read.
 */
export function isoTime(time: RawTime | null): string | null {
  return time === null || !isInCalendar(time) ? null : withMicroseconds(time).replace(' ', 'T');
}

/** A raw time as text that sorts as the databases sort times, also those that do not exist; null comes first. */
export function sortableTime(time: RawTime | null): string {
  return time === null ? '' : withMicroseconds(time);
}

function withMicroseconds(time: RawTime): string {
  return time.length === 19 ? `${time}.000000` : time.padEnd(26, '0');
}

function isInCalendar(time: RawTime): boolean {
  const [year, month, day] = [Number(time.slice(0, 4)), Number(time.slice(5, 7)), Number(time.slice(8, 10))];
  if (year === 0 || month === 0 || day === 0) return false;
  // Day 0 is the last day of the month before, and months count from 0.
  return day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
