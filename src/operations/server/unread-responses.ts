import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientConnection } from './client-connections.js';

/** How often the service measures how much clients have read, in milliseconds. */
const CHECK_INTERVAL = 1_000;

/** How many times the bytes of one connection all connections together may hold. */
const CONNECTIONS_AT_THE_LIMIT = 8;

/** What clients may leave unread. */
export interface UnreadLimits {
  /** For how long a client may read nothing of a response that was sent, in milliseconds. */
  readonly time: number;
  /** How many bytes of responses may wait on one connection behind the one that the client reads. */
  readonly bytes: number;
}

interface Reader {
  readonly connection: ClientConnection;
  /** How far the client had read at the last check, and since when it has read nothing more. */
  taken: string;
  since: number;
  /** The first response that was incomplete at the last check. */
  first: ServerResponse | undefined;
}

/** Closes the connections of clients that do not read their responses, which would fill the memory of the process. */
export class UnreadResponses {
  private readonly readers = new Set<Reader>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly limits: UnreadLimits) {
    this.timer = setInterval(() => {
      this.look();
    }, CHECK_INTERVAL).unref();
  }

  add(connection: ClientConnection): void {
    const reader = { connection, taken: '', since: 0, first: undefined };
    this.readers.add(reader);
    connection.socket.once('close', () => this.readers.delete(reader));
  }

  end(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const now = performance.now();
    let total = 0;
    const left: { readonly socket: Socket; readonly unread: number }[] = [];
    for (const reader of this.readers) {
      const { socket, unanswered } = reader.connection;
      const waiting = unanswered.reduce(
        (sum, response) => sum + (response.socket === null ? response.writableLength : 0),
        0,
      );
      const silence = this.silence(reader, now);
      const isReading = socket.writableLength > 0 && silence === 0;
      if (silence >= this.limits.time || (waiting > this.limits.bytes && !isReading)) {
        socket.destroy();
        continue;
      }
      // A full connection is not read, so only a probe shows whether its client has left.
      if (reader.connection.isFull && reader.first === unanswered[0]) reader.connection.probe();
      reader.first = unanswered[0];
      const unread = waiting + socket.writableLength;
      if (unread === 0) continue;
      total += unread;
      left.push({ socket, unread });
    }
    left.sort((one, other) => other.unread - one.unread);
    for (const { socket, unread } of left) {
      if (total <= this.limits.bytes * CONNECTIONS_AT_THE_LIMIT) return;
      socket.destroy();
      total -= unread;
    }
  }

  /** For how long the client has read nothing of what was sent, in milliseconds. */
  private silence(reader: Reader, now: number): number {
    const taken = takenFrom(reader.connection.socket);
    const mayRead = reader.connection.socket.writableLength > 0;
    if (!mayRead || taken !== reader.taken) reader.since = now;
    reader.taken = taken;
    return now - reader.since;
  }
}

/** Changes whenever the client reads. Only the handle knows the progress of a pending write. */
function takenFrom(socket: Socket): string {
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize ?? 0}`;
}
