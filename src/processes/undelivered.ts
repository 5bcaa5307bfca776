import type { Worker } from 'node:cluster';

/** A connection that the parent process passes to a worker. */
interface Handle {
  close(): void;
}

/** The fields about a connection in Node's internal messages between the parent process and a worker. */
interface ClusterMessage {
  readonly cmd?: string;
  /** The sequence number of a connection that the parent sends. The worker sends the number back as `ack`. */
  readonly seq?: number;
  readonly ack?: number;
}

/**
 * Closes connections that do not reach their worker. Node passes one connection at a time to a worker, and waits for
 * the acknowledgement without a timeout. A worker sends no acknowledgement if it exits, or if it has no free file
 * descriptor for the connection. Without this function, the client would then wait forever, and the worker would
 * receive no further connections.
 */
export function closeUndeliveredConnections(worker: Worker): void {
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  /** The connections that the worker has not acknowledged, by sequence number, in the order in which they were sent. */
  const unacknowledged = new Map<number, Handle>();
  /**
   * The sequence numbers of the connections that the parent has sent, and that the worker's process has not received.
   */
  const unreceived: number[] = [];
  process.send = (...parts: unknown[]) => {
    const [message, handle] = parts as [ClusterMessage, Handle | null | undefined];
    if (message.seq !== undefined && handle) {
      unacknowledged.set(message.seq, handle);
      unreceived.push(message.seq);
    }
    return send(...parts);
  };
  process.on('internalMessage', ({ cmd, ack }: ClusterMessage) => {
    if (ack !== undefined) unacknowledged.delete(ack);
    if (cmd !== 'NODE_HANDLE_ACK' && cmd !== 'NODE_HANDLE_NACK') return;
    const seq = unreceived.shift();
    if (cmd === 'NODE_HANDLE_ACK') return;
    // The worker could not receive the connection. This message pretends that the worker has accepted it, so that Node
    // closes the connection in this process, and sends the worker the next one.
    const accepted = { cmd: 'NODE_CLUSTER', ack: seq, accepted: true };
    process.emit('internalMessage' as 'message', accepted, undefined as never);
  });
  worker.once('exit', () => {
    // The loop closes only connections that the worker has not accepted: when the worker acknowledges a connection,
    // Node closes the copy of the connection in the parent process.
    for (const handle of unacknowledged.values()) handle.close();
  });
}
