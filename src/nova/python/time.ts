// eslint-disable-next-line no-control-regex -- Python treats these control characters as white space
const FORMAT = /^(?!0000)(\d{4})-(\d\d?)-( \d|\d\d?)[\s\x1c-\x1f\x85]+(\d\d?):(\d\d?):(\d\d?)(\.\d{1,6})?$/;

/**
 * Parses `YYYY-MM-DD HH:MM:SS[.ffffff]` in UTC as Python's `strptime` does. Leading zeros are optional, and any white
 * space may separate date and time. A fraction other than zero always becomes half a second, because callers only need
 * to know if the time is a whole second.
 *
 * @returns undefined if the text has another format, or if the date or the time does not exist
 */
export function parsePythonTime(text: string): Date | undefined {
  const [, ...found] = FORMAT.exec(text) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.map(Number);
  const time = utcTime(year, month, day, hour, minute, second, Number(found[6] ?? 0) > 0 ? 500 : 0);
  const exists = timeParts(time).every((part, index) => part === Number(found[index]));
  return exists ? time : undefined;
}

/** Returns a time as Python prints it, `YYYY-MM-DD HH:MM:SS`, without its fraction. */
export function pythonTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** Returns year, month (from 1), day, hour, minute and second of a time in UTC. */
export function timeParts(time: Date): number[] {
  return pythonTime(time).split(/[- :]/).map(Number);
}

/**
 * Returns the time with the given year, month (from 1), day, hour, minute, second and millisecond in UTC. A part that
 * is too small or too large carries over: minute 61 is minute 1 of the next hour. Unlike `Date.UTC`, this function does
 * not read the years 0 to 99 as years of the 20th century.
 */
export function utcTime(...parts: readonly number[]): Date {
  const [year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0] = parts;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second, millisecond);
  return time;
}
