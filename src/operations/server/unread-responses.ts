import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ClientConnection } from './client-connections.js';

/** The interval at which the service measures the progress of clients, in milliseconds. */
const CHECK_INTERVAL = 1_000;

/** The limit of unread bytes of all connections, as a multiple of the limit of one connection. */
const TOTAL_LIMIT_FACTOR = 8;

/** The limits for clients that do not read their responses. */
export interface UnreadLimits {
  /** Milliseconds after which a connection is closed if its client reads nothing of the sent data (SEND_TIMEOUT). */
  readonly time: number;
  /** The number of bytes of responses that may wait behind the response that the client reads (MAX_UNREAD_BYTES). */
  readonly bytes: number;
}

interface Reader {
  readonly connection: ClientConnection;
  /** The progress of the client at the last check. */
  progress: string;
  /** The time of the last progress, from `performance.now()`. */
  lastProgress: number;
  /** The first response that was incomplete at the last check. */
  first: ServerResponse | undefined;
}

/** Closes the connections of clients that do not read their responses, which would fill the memory of the process. */
export class UnreadResponses {
  private readonly readers = new Set<Reader>();
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly limits: UnreadLimits) {
    this.timer = setInterval(() => {
      this.check();
    }, CHECK_INTERVAL).unref();
  }

  add(connection: ClientConnection): void {
    const reader = { connection, progress: '', lastProgress: 0, first: undefined };
    this.readers.add(reader);
    connection.socket.once('close', () => this.readers.delete(reader));
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private check(): void {
    const now = performance.now();
    let total = 0;
    const readers: { readonly socket: Socket; readonly unread: number }[] = [];
    for (const reader of this.readers) {
      const { socket, unanswered } = reader.connection;
      const waiting = unanswered.reduce(
        (sum, response) => sum + (response.socket === null ? response.writableLength : 0),
        0,
      );
      const idleTime = this.idleTime(reader, now);
      const isReading = socket.writableLength > 0 && idleTime === 0;
      if (idleTime >= this.limits.time || (waiting > this.limits.bytes && !isReading)) {
        socket.destroy();
        continue;
      }
      // The service does not read from a full connection, so only a probe detects that its client has closed it.
      if (reader.connection.isFull && reader.first === unanswered[0]) reader.connection.probe();
      reader.first = unanswered[0];
      const unread = waiting + socket.writableLength;
      if (unread === 0) continue;
      total += unread;
      readers.push({ socket, unread });
    }
    readers.sort((one, other) => other.unread - one.unread);
    for (const { socket, unread } of readers) {
      if (total <= this.limits.bytes * TOTAL_LIMIT_FACTOR) return;
      socket.destroy();
      total -= unread;
    }
  }

  /** Returns the milliseconds for which the client has read nothing of the sent data. */
  private idleTime(reader: Reader, now: number): number {
    const progress = progressOf(reader.connection.socket);
    const mayRead = reader.connection.socket.writableLength > 0;
    if (!mayRead || progress !== reader.progress) reader.lastProgress = now;
    reader.progress = progress;
    return now - reader.lastProgress;
  }
}

/**
 * Returns a text that changes when the client reads. Only Node's internal handle reports the progress of a pending
 * write.
 */
function progressOf(socket: Socket): string {
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize ?? 0}`;
}
