/** A time as every database returns it in a raw row: UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
export type RawTime = string;

/**
 * Formats a raw time with microseconds, `YYYY-MM-DDTHH:MM:SS.ffffff`, without a time zone. Returns null for null and
 * for invalid dates. In a lax SQL mode, MySQL stores dates such as `0000-00-00` or `2024-02-31`, which clients cannot
 * parse.
 */
export function isoTime(time: RawTime | null): string | null {
  return knownTime(time)?.replace(' ', 'T') ?? null;
}

/** Returns a raw time with microseconds; null for null and for an invalid date. */
export function knownTime(time: RawTime | null): RawTime | null {
  return time === null || !isInCalendar(time) ? null : withMicroseconds(time);
}

/** Formats a raw time as `isoTime` does, but without its fraction: Nova's columns hold whole seconds. */
export function isoSecond(time: RawTime | null): string | null {
  return time === null ? null : isoTime(time.slice(0, 19));
}

/** The time at which `performance.now()` was 0, in milliseconds since 1970. */
let clockStart = performance.timeOrigin;

/** Returns the current time with microseconds, `YYYY-MM-DD HH:MM:SS.ffffff`. */
export function currentTime(): RawTime {
  const elapsed = performance.now();
  const milliseconds = Date.now();
  // `performance.now()` has microseconds, but does not change when a user or NTP sets the clock of the machine.
  let fraction = clockStart + elapsed - milliseconds;
  if (fraction < 0 || fraction >= 1) {
    clockStart = milliseconds - elapsed;
    fraction = 0;
  }
  return rawTime(milliseconds) + String(Math.floor(fraction * 1_000)).padStart(3, '0');
}

/** Formats a time in milliseconds since 1970 as a raw time, `YYYY-MM-DD HH:MM:SS.fff`. */
export function rawTime(milliseconds: number): RawTime {
  return new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ');
}

/** Returns a raw time in milliseconds since 1970, without its microseconds; NaN for a text that is not a time. */
export function millisecondsOf(time: RawTime): number {
  return Date.parse(`${time.slice(0, 23).replace(' ', 'T')}Z`);
}

/**
 * Converts a raw time to a text. The texts sort in the same order as the times in the databases, even if a date is
 * invalid. Null sorts first.
 */
export function sortableTime(time: RawTime | null): string {
  return time === null ? '' : withMicroseconds(time);
}

function withMicroseconds(time: RawTime): string {
  return time.length === 19 ? `${time}.000000` : time.padEnd(26, '0');
}

function isInCalendar(time: RawTime): boolean {
  const [year, month, day] = [Number(time.slice(0, 4)), Number(time.slice(5, 7)), Number(time.slice(8, 10))];
  if (year === 0 || month === 0 || day === 0) return false;
  // `Date` counts months from 0, and day 0 is the last day of the previous month. So the expression gives the last day
  // of `month`.
  return day <= 28 || day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}
