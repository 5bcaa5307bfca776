/**
 * Limits how often the service logs an event that every request may cause.
 *
 * @param write a function that writes the log line. Its first argument is the number of events since the previous line,
 * including the current event. The details of the current event follow
 * @param interval the minimum time between two lines, in milliseconds
 * @returns a function to call for each event. The first call writes a line; later calls write at most one line per
 * interval
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
