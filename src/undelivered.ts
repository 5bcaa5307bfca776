import type { Worker } from 'node:cluster';

/** A connection as Node passes it to a worker. */
interface Handle {
  close(): void;
}

/**
 * Closes the connection that was on its way to a worker when that ended. Node gives a worker one at a time, and holds
 * one for ever that a worker neither took nor gave back: its caller would wait for as long.
 */
export function closeUndelivered(worker: Worker): void {
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  let last: Handle | undefined;
  process.send = (...message: unknown[]) => {
    const [, handle] = message;
    if (typeof handle === 'object' && handle !== null && 'close' in handle) last = handle as Handle;
    return send(...message);
  };
  // Of one that was taken this closes nothing: the copy that is held here was closed then.
  worker.once('exit', () => last?.close());
}
