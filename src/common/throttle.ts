/**
 * Limits how often a log line is written for an event that every request may cause.
 *
 * @param write writes the line. Its arguments are the number of events since the last line, including this one, and
 *   the arguments of this call
 * @param interval between two lines, in milliseconds
 * @returns a function to call for each event. The first call writes a line; later ones write at most one per interval
 */
export function throttle<Details extends unknown[]>(
  write: (count: number, ...details: Details) => void,
  interval = 10_000,
): (...details: Details) => void {
  let count = 0;
  let next = 0;
  return (...details) => {
    count += 1;
    if (performance.now() < next) return;
    next = performance.now() + interval;
    write(count, ...details);
    count = 0;
  };
}
