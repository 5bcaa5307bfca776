import { Socket } from 'node:net';
import type { ClientConnection } from './client-connections.js';

/** The end of a request's headers. Node's parser accepts no other one. */
const END_OF_HEADERS = Buffer.from('\r\n\r\n');

const NOTHING = Buffer.alloc(0);

/** How many bytes are read ahead, so that the end of most connections is seen; the last read may exceed it. */
const READ_AHEAD = 16_384;

/**
 * Begins at most so many requests of one connection before their responses are complete. The others wait: a few as
 * bytes, the rest unread in the socket. One more may begin where it comes in one piece with the body of another one.
 */
export function limitPipelining(connection: ClientConnection, most: number): void {
  const { socket, unanswered } = connection;
  const push = socket.push.bind(socket);
  let held: Buffer = NOTHING;
  let hasEnded = false;

  const mayBegin = (): boolean => {
    if (unanswered.length < most) return true;
    return unanswered.length === most && unanswered.at(-1)?.req.complete === false;
  };

  /** How much of what is held begins no more requests than may begin. */
  const nextLength = (): number => {
    let length = 0;
    for (let requests = Math.max(1, most - unanswered.length); requests > 0; requests -= 1) {
      const end = held.indexOf(END_OF_HEADERS, length);
      if (end < 0) return held.length;
      length = end + END_OF_HEADERS.length;
    }
    return length;
  };

  /** Gives the parser what it may have. @returns whether more should be read */
  const pass = (): boolean => {
    // After the last response, what the client still sends is read and dropped: else it would reset the connection.
    if (socket.writableEnded) held = NOTHING;
    let isWanted = true;
    while (held.length > 0 && socket.readableFlowing === true && mayBegin()) {
      const length = nextLength();
      const piece = held.subarray(0, length);
      held = held.subarray(length);
      isWanted = push(piece);
    }
    connection.isFull = held.length >= READ_AHEAD;
    if (held.length > 0) return !connection.isFull;
    return hasEnded ? push(null) : isWanted;
  };

  // The parser reads from the system's handle by itself until the stream has another reader.
  socket.on('data', ignore).off('data', ignore);
  socket.push = (chunk: Buffer | null): boolean => {
    if (chunk !== null) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    } else if (!hasEnded) {
      hasEnded = true;
      connection.onEnd();
    }
    return pass();
  };
  socket._read = (size) => {
    if (!connection.isFull) Socket.prototype._read.call(socket, size);
  };
  socket.on('resume', pass);
  connection.onAnswer = pass;
}

function ignore(): void {
  // Only its presence counts.
}
