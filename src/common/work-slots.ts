/**
 * Milliseconds after which an iteration of the event loop starts no more work. Further work waits for a later
 * iteration.
 */
const MAX_ITERATION_TIME = 20;

/**
 * The time at which the first work of the current iteration started, from `performance.now()`; undefined if none has
 * started.
 */
let started: number | undefined;
const waiting: (() => void)[] = [];

/**
 * Delays new work if the current iteration of the event loop already lasts too long. Without this delay, one iteration
 * would serve all requests that have arrived, and all pipelined requests that can start after a response. Timers,
 * health checks and new connections would wait until the last of these requests was served.
 *
 * @returns undefined if the work may start now; otherwise a promise that resolves when the work may start
 */
export function workSlot(): Promise<void> | undefined {
  if (started === undefined) startIteration();
  if (waiting.length === 0 && performance.now() - (started ?? 0) < MAX_ITERATION_TIME) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}

function startIteration(): void {
  started = performance.now();
  setImmediate(onIteration);
}

/** Starts one waiting task in each iteration of the event loop. */
function onIteration(): void {
  started = undefined;
  const resolve = waiting.shift();
  if (resolve === undefined) return;
  startIteration();
  resolve();
}
