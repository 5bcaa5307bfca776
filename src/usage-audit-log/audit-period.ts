import { timeParts, pythonTime, utcTime } from '../nova/python/time.js';

/** A span of time over which usage is audited. */
export type AuditPeriod = Readonly<Record<'begin' | 'end', Date>>;

const UNITS = ['year', 'month', 'day', 'hour'];

/**
 * The last period that was over before a moment. One begins when the one before it ends, in UTC.
 *
 * @param setting `hour`, `day`, `month` or `year`, with the minute, hour, day or month at which one begins: `day@18`
 * @throws Error where there is no such day, hour or year: for Nova, too, this is an unexpected error
 */
export function lastCompleted(setting: string, before: Date): AuditPeriod {
  const [unit = '', offset = '0'] = setting.split('@');
  const beginning = (ago: number): Date => beginningIn(unit, Number(offset), before, ago);
  const ago = beginning(0) < before ? 0 : 1;
  return { begin: beginning(ago + 1), end: beginning(ago) };
}

/** Where a period begins in the year, month, day or hour of a moment, or so many before that. */
function beginningIn(unit: string, offset: number, moment: Date, ago: number): Date {
  const index = UNITS.indexOf(unit);
  const at = index < 2 ? offset || 1 : offset; // Months and days are counted from 1, and 0 means it, too.
  const parts = timeParts(moment).slice(0, index + 1);
  const begins = utcTime(...parts.map((part, which) => (which === index ? part - ago : part)), at);
  if (begins.getUTCFullYear() < 1 || timeParts(begins)[index + 1] !== at) {
    throw new Error(`no ${unit} begins at ${offset}, ${ago} before that of ${pythonTime(moment)}`);
  }
  return begins;
}
