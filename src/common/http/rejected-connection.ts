import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * For how long what still comes of a refused request is read and dropped, in milliseconds: a connection that is closed
 * with something unread in it is reset, and the refusal may be lost with it.
 */
const LINGER = 1_000;

const refused = new WeakSet<Socket>();

/** Marks a connection as refused: the service accepts no more requests from it. */
export function markRejected(socket: Socket): void {
  refused.add(socket);
}

export function isConnectionRejected(socket: Socket): boolean {
  return refused.has(socket);
}

/** Refuses an ambiguous request: closes its connection after its answer, and takes nothing more from that connection. */
export function rejectConnection(response: ServerResponse): void {
  const { socket } = response.req;
  markRejected(socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => {
    sendAndClose(socket, '');
  });
}

/** Sends the last bytes, and closes the connection after the client has had time to read them. */
export function sendAndClose(socket: Socket, lastWords: string): void {
  socket.end(lastWords);
  setTimeout(() => socket.destroy(), LINGER).unref();
}
