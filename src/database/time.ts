/**
 * A time as a driver hands it over in a raw row: UTC, as a Date (MySQL) or as text
 * `YYYY-MM-DD HH:MM:SS[.ffffff]` (SQLite).
 */
export type RawTime = Date | string;

/** A raw time as text with microseconds, `YYYY-MM-DDTHH:MM:SS.ffffff`, without a zone; null stays null. */
export function isoTime(time: RawTime | null): string | null {
  if (time === null) return null;
  const text = typeof time === 'string' ? time : time.toISOString();
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20).replace('Z', '').padEnd(6, '0')}`;
}
