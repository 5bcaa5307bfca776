/**
 * Bounds how often something is logged that every request of a client may cause.
 *
 * @param write gets how often it has happened since it was last written, this time included
 * @param every in milliseconds
 * @returns to be called each time it happens; writes the first time, and then at most once in each period
 */
export function seldom(write: (times: number) => void, every = 10_000): () => void {
  let times = 0;
  let next = 0;
  return () => {
    times += 1;
    if (performance.now() < next) return;
    next = performance.now() + every;
    write(times);
    times = 0;
  };
}
