/** A time in UTC, with a precision of one microsecond. */
export interface Moment {
  /** `YYYY-MM-DD HH:MM:SS.mmm[uuu]`, the format for comparisons with database columns. */
  readonly text: string;
  /** Microseconds since 1970, for comparisons of two moments. */
  readonly microseconds: bigint;
}

/**
 * The formats of ISO 8601 that Nova accepts, from a year alone to a time with a fraction and a zone. The dashes and
 * colons are optional, and `T` may be a space. A time without a zone is in UTC.
 */
const ISO_TIME = new RegExp(
  '^(\\d{4})' + // year
    '(?:(?:-(\\d{1,2})|(\\d{2})(?!\\n?$))' + // month; `YYYYMM` without a day is not a date
    '(?:(?:-(\\d{1,2})|(\\d{2}))' + // day
    '(?:[ T](\\d{2})(?::?(\\d{2}))?(?::?(\\d{1,2})(?:[.,](\\d+))?)?' + // hour, minute, second, fraction
    '(Z|([-+])(\\d{2}):?(\\d{2})?)?)?)?)?\\n?$', // zone
);

/**
 * Parses an ISO 8601 time as Nova does. Returns undefined for a text in another format, and for a time that does not
 * exist.
 */
export function parseIsoTime(text: string): Moment | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, dashMonth, plainMonth, dashDay, plainDay, hour, minute, second, fraction] = match;
  const [, , , , , , , , , , , sign, zoneHour, zoneMinute] = match;
  const fields = {
    year: Number(year),
    month: Number(dashMonth ?? plainMonth ?? 1),
    day: Number(dashDay ?? plainDay ?? 1),
    hour: Number(hour ?? 0),
    minute: Number(minute ?? 0),
    second: Number(second ?? 0),
  };
  const offset = (sign === '-' ? -1 : 1) * (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0));
  if (!isDate(fields) || Math.abs(offset) >= 24 * 60) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(fields.year, fields.month - 1, fields.day);
  date.setUTCHours(fields.hour, fields.minute - offset, fields.second);
  const micros = Number((fraction ?? '').padEnd(6, '0').slice(0, 6));
  return { text: columnText(date, micros), microseconds: BigInt(date.getTime()) * 1000n + BigInt(micros) };
}

/** Matches the usual form of a time with a zone, which takes much less time to parse than the other forms. */
const UTC_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z$/;

/** @see parseZonedTime @param text matches `UTC_TIME` */
function usualTime(text: string): string | undefined {
  // `Date` moves a day that the month does not have to the next month.
  const exists = new Date(text).getUTCDate() === Number(text.slice(8, 10)) && !text.startsWith('0000');
  const time = text.slice(11, -1);
  return exists ? `${text.slice(0, 10)} ${time.length === 8 ? `${time}.` : time}`.padEnd(26, '0') : undefined;
}

/** Matches a time with a zone (RFC 3339). */
const ZONED_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * Parses a time with a zone (RFC 3339). It ignores digits after the microseconds.
 *
 * @returns the time in the format of database columns with microseconds, `YYYY-MM-DD HH:MM:SS.ffffff`. Undefined for a
 *   text in another format, and for a time that does not exist
 */
export function parseZonedTime(text: string): string | undefined {
  if (UTC_TIME.test(text)) return usualTime(text);
  const time = ZONED_TIME.test(text) ? parseIsoTime(text.toUpperCase()) : undefined;
  return time?.text.padEnd(26, '0');
}

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Returns true if the date and the time of day exist. */
function isDate({ year, month, day, hour, minute, second }: Fields): boolean {
  if (year < 1 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return false;
  const last = new Date(0);
  last.setUTCFullYear(year, month, 0);
  return day <= last.getUTCDate();
}

/**
 * Returns a time in the format of database columns. The fraction has three digits if the other three are zeros: the
 * service's own SQLite database contains times in this format, and SQLite compares times as texts.
 */
function columnText(date: Date, micros: number): string {
  // A zone offset may move a time out of the years 1 to 9999, the range of a column. The nearest time in that range
  // then replaces it.
  if (date.getUTCFullYear() < 1) return '0001-01-01 00:00:00.000';
  if (date.getUTCFullYear() > 9999) return '9999-12-31 23:59:59.999999';
  const fraction = String(micros).padStart(6, '0');
  return `${date.toISOString().slice(0, 19).replace('T', ' ')}.${fraction.endsWith('000') ? fraction.slice(0, 3) : fraction}`;
}
