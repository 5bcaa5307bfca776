/** A time as every database hands it over in a raw row: UTC, `YYYY-MM-DD HH:MM:SS[.ffffff]`. */
export type RawTime = string;

/** A raw time as text with microseconds, `YYYY-MM-DDTHH:MM:SS.ffffff`, without a zone; null stays null. */
export function isoTime(time: RawTime | null): string | null {
  if (time === null) return null;
  const fraction = time.length === 19 ? '000000' : time.slice(20).padEnd(6, '0');
  return `${time.slice(0, 10)}T${time.slice(11, 19)}.${fraction}`;
}
