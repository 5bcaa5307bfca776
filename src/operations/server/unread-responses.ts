import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { hasLongBody } from '../../common/http/long-body.js';
import type { ClientConnection } from './client-connections.js';

/** The interval at which the service measures the progress of clients, in milliseconds. */
const CHECK_INTERVAL = 1_000;

/** The maximum number of unread bytes of all connections together, as a multiple of the maximum for one connection. */
const TOTAL_LIMIT_FACTOR = 8;

/** The limits for clients that do not read their responses. */
export interface UnreadLimits {
  /**
   * The time after which a connection is closed if its client reads none of the sent data, in milliseconds
   * (SEND_TIMEOUT).
   */
  readonly time: number;
  /** The maximum size of the responses that wait behind the one that the client reads, in bytes (MAX_UNREAD_BYTES). */
  readonly bytes: number;
}

interface Reader {
  readonly connection: ClientConnection;
  /** A text that describes how much the client had read at the last check. */
  progress: string;
  /** The time when the client last read data, from `performance.now()`. */
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
      // The service does not read from a full connection. So it detects only with a probe that the client has closed
      // the connection. A long body needs no probe, because the service soon reads on. Some clients, such as the `fetch`
      // of Node.js, do not accept an interim response while they send a body.
      const [first] = unanswered;
      const readsOn = first !== undefined && hasLongBody(first.req);
      if (reader.connection.isFull && reader.first === first && !readsOn) reader.connection.probe();
      reader.first = first;
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

  /** Returns the time for which the client has read none of the sent data, in milliseconds. */
  private idleTime(reader: Reader, now: number): number {
    const progress = progressOf(reader.connection.socket);
    const mayRead = reader.connection.socket.writableLength > 0;
    if (!mayRead || progress !== reader.progress) reader.lastProgress = now;
    reader.progress = progress;
    return now - reader.lastProgress;
  }
}

/**
 * Returns a text that changes when the client reads data. For a pending write, only Node's internal handle reports
 * this.
 */
function progressOf(socket: Socket): string {
  const { _handle: handle } = socket as Socket & { _handle?: { writeQueueSize?: number } | null };
  return `${socket.bytesWritten - socket.writableLength} ${handle?.writeQueueSize ?? 0}`;
}
