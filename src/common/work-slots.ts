/** In milliseconds. If an iteration of the event loop has lasted longer, new work waits for a later iteration. */
const MAX_ITERATION_TIME = 20;

/** The start of the current iteration, from `performance.now()`; undefined until the first work of the iteration. */
let started: number | undefined;
const waiting: (() => void)[] = [];

/**
 * Delays new work while the current iteration of the event loop is long. Otherwise one iteration would serve all
 * requests that have arrived, and all pipelined requests that can start after a response. Timers, health checks and new
 * connections would wait for the last of them.
 *
 * @returns undefined if the work may start now; else a promise that resolves when it may start
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

/** Starts one piece of waiting work per iteration. */
function onIteration(): void {
  started = undefined;
  const resolve = waiting.shift();
  if (resolve === undefined) return;
  startIteration();
  resolve();
}
