import type { Worker } from 'node:cluster';

/** A connection as Node passes it to a worker. */
interface Handle {
  close(): void;
}

/** Node's own messages between the processes, as far as they are about connections. */
interface ClusterMessage {
  readonly cmd?: string;
  /** Of a connection that is sent: its number, which the worker's `ack` repeats. */
  readonly seq?: number;
  readonly ack?: number;
}

/**
 * Closes connections that do not reach their worker. Node gives a worker one at a time and waits for its answer, for
 * ever: the client of that connection would wait for as long, and the worker would get no other one. The answer does not
 * come from a worker that ends, nor from one that has no file descriptor left to receive the connection with.
 */
export function closeUndelivered(worker: Worker): void {
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  /** By number, in the order in which they were sent. */
  const unanswered = new Map<number, Handle>();
  /** Those that have not reached the process yet. */
  const unreceived: number[] = [];
  process.send = (...parts: unknown[]) => {
    const [message, handle] = parts as [ClusterMessage, Handle | null | undefined];
    if (message.seq !== undefined && handle) {
      unanswered.set(message.seq, handle);
      unreceived.push(message.seq);
    }
    return send(...parts);
  };
  process.on('internalMessage', ({ cmd, ack }: ClusterMessage) => {
    if (ack !== undefined) unanswered.delete(ack);
    if (cmd !== 'NODE_HANDLE_ACK' && cmd !== 'NODE_HANDLE_NACK') return;
    const seq = unreceived.shift();
    if (cmd === 'NODE_HANDLE_ACK') return;
    // As if the worker had taken it: then Node closes it here, and goes on.
    const taken = { cmd: 'NODE_CLUSTER', ack: seq, accepted: true };
    process.emit('internalMessage' as 'message', taken, undefined as never);
  });
  worker.once('exit', () => {
    // Of one that was taken this closes nothing: the copy that is held here was closed then.
    for (const handle of unanswered.values()) handle.close();
  });
}
