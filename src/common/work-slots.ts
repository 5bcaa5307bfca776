/** How long one turn of the event loop may go on before new work waits for the next turn, in milliseconds. */
const LONGEST_TURN = 20;

/** When the turn began that goes on, as of `performance.now()`. */
let began: number | undefined;
const waiting: (() => void)[] = [];

/**
 * Lets the event loop come round before more work is begun in a turn that has been long. Without that, requests that
 * arrive together, and requests that each response makes room for, are all served in one turn: timers, health checks
 * and new connections would wait for the last of them.
 *
 * @returns undefined where the work may begin at once
 */
export function workSlot(): Promise<void> | undefined {
  if (began === undefined) begin();
  if (waiting.length === 0 && performance.now() - (began ?? 0) < LONGEST_TURN) return undefined;
  return new Promise((resolve) => waiting.push(resolve));
}

function begin(): void {
  began = performance.now();
  setImmediate(next);
}

/** In each turn one of those that wait begins. */
function next(): void {
  began = undefined;
  const resolve = waiting.shift();
  if (resolve === undefined) return;
  begin();
  resolve();
}
