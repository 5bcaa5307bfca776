import type { Worker } from 'node:cluster';

/** A connection as Node passes it to a worker. */
interface Handle {
  close(): void;
}

/** Node's own messages between parent and worker, as far as they are about connections. */
interface ClusterMessage {
  readonly cmd?: string;
  /** The number of a connection that the parent sends; the worker's `ack` repeats it. */
  readonly seq?: number;
  readonly ack?: number;
}

/**
 * Closes connections that do not reach their worker. Node gives a worker one connection at a time and waits for its answer
 * without a timeout: the client would wait for as long, and the worker would get no other connection. A worker that ends
 * sends no answer, and neither does one that has no file descriptor left for the connection.
 */
export function closeUndeliveredConnections(worker: Worker): void {
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  /** Connections that the worker has not acknowledged, by their numbers, in the order in which they were sent. */
  const unanswered = new Map<number, Handle>();
  /** The numbers of connections that have not reached the worker's process. */
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
    // As if the worker had accepted the connection: then Node closes it here, and goes on.
    const taken = { cmd: 'NODE_CLUSTER', ack: seq, accepted: true };
    process.emit('internalMessage' as 'message', taken, undefined as never);
  });
  worker.once('exit', () => {
    // This closes nothing that the worker has accepted: Node closed the parent's copy then.
    for (const handle of unanswered.values()) handle.close();
  });
}
