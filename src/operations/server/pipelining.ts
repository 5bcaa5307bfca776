import { Socket } from 'node:net';
import type { ClientConnection } from './client-connections.js';

/** The bytes at the end of a request's headers. Node's parser accepts no other line endings here. */
const END_OF_HEADERS = Buffer.from('\r\n\r\n');

const NOTHING = Buffer.alloc(0);

/**
 * The maximum number of bytes to read while requests wait. Reading ahead is necessary to detect that a client closes
 * its connection. The last read may exceed the maximum.
 */
const MAX_READ_AHEAD = 16_384;

/**
 * Limits the requests in progress on one connection. Further requests wait: up to `MAX_READ_AHEAD` bytes in memory, the
 * rest in the system's socket buffer. There may be one request more than `max`, if it arrives in the same chunk as the
 * body of another request.
 *
 * @param max the maximum number of requests in progress
 */
export function limitPipelining(connection: ClientConnection, max: number): void {
  const { socket, unanswered } = connection;
  const push = socket.push.bind(socket);
  let held: Buffer = NOTHING;
  let hasEnded = false;

  const mayStart = (): boolean => {
    if (unanswered.length < max) return true;
    return unanswered.length === max && unanswered.at(-1)?.req.complete === false;
  };

  /** Returns the number of waiting bytes that the parser may get without starting too many requests. */
  const nextLength = (): number => {
    let length = 0;
    for (let requests = Math.max(1, max - unanswered.length); requests > 0; requests -= 1) {
      const end = held.indexOf(END_OF_HEADERS, length);
      if (end < 0) return held.length;
      length = end + END_OF_HEADERS.length;
    }
    return length;
  };

  /** Passes waiting bytes to the parser. @returns true if the socket should read more */
  const passToParser = (): boolean => {
    // After the last response, the service reads and discards further data, because unread data would reset the
    // connection.
    if (socket.writableEnded) held = NOTHING;
    let isWanted = true;
    while (held.length > 0 && socket.readableFlowing === true && mayStart()) {
      const length = nextLength();
      const piece = held.subarray(0, length);
      held = held.subarray(length);
      isWanted = push(piece);
    }
    connection.isFull = held.length >= MAX_READ_AHEAD;
    if (held.length > 0) return !connection.isFull;
    return hasEnded ? push(null) : isWanted;
  };

  // Adding any `data` listener makes Node's parser read from the stream. Otherwise it reads directly from the system's
  // handle, and `push` is not called.
  socket.on('data', ignore).off('data', ignore);
  socket.push = (chunk: Buffer | null): boolean => {
    if (chunk !== null) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    } else if (!hasEnded) {
      hasEnded = true;
      connection.onHalfClosed();
    }
    return passToParser();
  };
  socket._read = (size) => {
    if (!connection.isFull) Socket.prototype._read.call(socket, size);
  };
  socket.on('resume', passToParser);
  connection.onResponseClosed = passToParser;
}

function ignore(): void {
  // This `data` listener does nothing. Its registration makes Node's parser read from the stream.
}
