/**
 * Bounds how often something is logged that every request of a client may cause.
 *
 * @param write gets how often it has happened since it was last written, this time included, and this call's arguments
 * @param every in milliseconds
 * @returns to be called each time it happens; writes the first time, and then at most once in each period
 */
export function throttle<Details extends unknown[]>(
  write: (times: number, ...details: Details) => void,
  every = 10_000,
): (...details: Details) => void {
  let times = 0;
  let next = 0;
  return (...details) => {
    times += 1;
    if (performance.now() < next) return;
    next = performance.now() + every;
    write(times, ...details);
    times = 0;
  };
}
