import type { Worker } from 'node:cluster';

/** A connection that Node passes to a worker. */
interface Handle {
  close(): void;
}

/** A message that Node itself exchanges between parent and worker, with the fields that concern connections. */
interface ClusterMessage {
  readonly cmd?: string;
  /** The sequence number of a connection that the parent sends. The worker returns it as `ack`. */
  readonly seq?: number;
  readonly ack?: number;
}

/**
 * Closes connections that do not reach their worker. Node passes one connection at a time to a worker, and waits for the
 * acknowledgement without a timeout. A worker sends none if it exits, or if it has no file descriptor for the
 * connection. The client would then wait forever, and the worker would receive no further connection.
 */
export function closeUndeliveredConnections(worker: Worker): void {
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  /** The connections that the worker has not acknowledged, by sequence number, in the order of sending. */
  const unacknowledged = new Map<number, Handle>();
  /** The sequence numbers of the connections that have not reached the worker's process. */
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
    // Pretends that the worker has accepted the connection: Node then closes it in this process and sends the next one.
    const accepted = { cmd: 'NODE_CLUSTER', ack: seq, accepted: true };
    process.emit('internalMessage' as 'message', accepted, undefined as never);
  });
  worker.once('exit', () => {
    // Accepted connections are not affected: Node closed the parent's copies when the worker acknowledged them.
    for (const handle of unacknowledged.values()) handle.close();
  });
}
