import { timeParts, pythonTime, utcTime } from '../nova/python/time.js';

/** The period of a usage audit. */
export type AuditPeriod = Readonly<Record<'begin' | 'end', Date>>;

const UNITS = ['year', 'month', 'day', 'hour'];

/**
 * Returns the last period that ended before a time. Each period begins when the previous one ends. All times are UTC.
 *
 * @param setting `hour`, `day`, `month` or `year`. `@` and a number may follow: the minute, hour, day or month at which
 *   a period begins. With `day@18`, a period is from 18:00 to 18:00 of the next day.
 * @throws Error if the start or the end of the period does not exist, such as 31 February; Nova also fails with an
 *   unexpected error
 */
export function lastCompletedPeriod(setting: string, before: Date): AuditPeriod {
  const [unit = '', offset = '0'] = setting.split('@');
  const start = (ago: number): Date => startOfPeriod(unit, Number(offset), before, ago);
  const ago = start(0) < before ? 0 : 1;
  return { begin: start(ago + 1), end: start(ago) };
}

/**
 * Returns the start of the period that begins in the year, month, day or hour of `moment`, moved back by `ago` years,
 * months, days or hours.
 */
function startOfPeriod(unit: string, offset: number, moment: Date, ago: number): Date {
  const index = UNITS.indexOf(unit);
  // The first month and the first day have the number 1. As in Nova, 0 has the same effect as 1.
  const at = index < 2 ? offset || 1 : offset;
  const parts = timeParts(moment).slice(0, index + 1);
  const begins = utcTime(...parts.map((part, which) => (which === index ? part - ago : part)), at);
  if (begins.getUTCFullYear() < 1 || timeParts(begins)[index + 1] !== at) {
    throw new Error(
      `no audit period of a ${unit} at offset ${offset} exists ${ago} ${unit}s before ${pythonTime(moment)}`,
    );
  }
  return begins;
}
