import type { Worker } from 'node:cluster';

/** A connection as Node passes it to a worker. */
interface Handle {
  close(): void;
}

/**
 * Closes the connections that were on their way to a worker when that ended. Of each port Node gives a worker one
 * connection at a time, and holds it until the worker has taken it or given it back: the client would wait for ever.
 */
export function closeUndelivered(worker: Worker): void {
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  /** By Node's key for the port. */
  const latest = new Map<unknown, Handle>();
  process.send = (...message: unknown[]) => {
    const [about, handle] = message;
    if (typeof handle === 'object' && handle !== null && 'close' in handle) {
      latest.set((about as { key?: unknown }).key, handle as Handle);
    }
    return send(...message);
  };
  // Closing one that the worker has taken does nothing: Node has closed this copy already.
  worker.once('exit', () => {
    for (const handle of latest.values()) handle.close();
  });
}
