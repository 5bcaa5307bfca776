import { Socket } from 'node:net';
import type { ClientConnection } from './client-connections.js';

/** The end of a request's headers. Node's parser accepts no other line endings here. */
const END_OF_HEADERS = Buffer.from('\r\n\r\n');

const NOTHING = Buffer.alloc(0);

/** The maximum number of bytes to read ahead, which detects most closed connections. The last read may exceed it. */
const MAX_READ_AHEAD = 16_384;

/**
 * Limits the requests in progress on one connection. Further requests wait: up to `MAX_READ_AHEAD` bytes in memory, the
 * rest in the system's socket buffer. One more request may start if it arrives in the same chunk as the body of another
 * one.
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

  /** Returns the number of held bytes that start no more requests than allowed. */
  const nextLength = (): number => {
    let length = 0;
    for (let requests = Math.max(1, max - unanswered.length); requests > 0; requests -= 1) {
      const end = held.indexOf(END_OF_HEADERS, length);
      if (end < 0) return held.length;
      length = end + END_OF_HEADERS.length;
    }
    return length;
  };

  /** Passes held bytes to the parser. @returns true if the socket should read more */
  const passToParser = (): boolean => {
    // After the last response, further data is read and discarded. Unread data would reset the connection.
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

  // Node's parser reads directly from the system's handle until the stream has another `data` listener.
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
  // The listener only has to be registered once.
}
