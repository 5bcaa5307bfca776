// eslint-disable-next-line no-control-regex -- to Python these are white space
const FORM = /^(?!0000)(\d{4})-(\d\d?)-( \d|\d\d?)[\s\x1c-\x1f\x85]+(\d\d?):(\d\d?):(\d\d?)(\.\d{1,6})?$/;

/**
 * Reads `YYYY-MM-DD HH:MM:SS[.ffffff]`, UTC, as Python's `strptime` does: with or without leading zeros, any white space
 * between. Of a fraction is kept that there is one, as half a second.
 *
 * @returns undefined for another form, and for a time that there is not
 */
export function parsePythonTime(text: string): Date | undefined {
  const [, ...found] = FORM.exec(text) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found.map(Number);
  const time = utcTime(year, month, day, hour, minute, second, Number(found[6] ?? 0) > 0 ? 500 : 0);
  const isThere = timeParts(time).every((part, index) => part === Number(found[index]));
  return isThere ? time : undefined;
}

/** A time as Python prints it, `YYYY-MM-DD HH:MM:SS`, without its fraction. */
export function pythonTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ');
}

/** Year, month from 1, day, hour, minute and second of a time, UTC. */
export function timeParts(time: Date): number[] {
  return pythonTime(time).split(/[- :]/).map(Number);
}

/**
 * The time of such parts. Those that are too small or too large count from the next larger one; years before 100 are
 * what they are, and not of the 20th century as `Date.UTC` has it.
 */
export function utcTime(...parts: readonly number[]): Date {
  const [year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0] = parts;
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  time.setUTCHours(hour, minute, second, millisecond);
  return time;
}
