import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Milliseconds for which the service reads and discards the rest of a rejected request before it closes the connection.
 * If the service closed the connection while unread data is in its receive buffer, the operating system would reset the
 * connection, and the client could lose the response.
 */
const LINGER_TIME = 1_000;

const rejected = new WeakSet<Socket>();

/** Marks a connection as rejected: the service ignores all further requests on it. */
export function markRejected(socket: Socket): void {
  rejected.add(socket);
}

export function isConnectionRejected(socket: Socket): boolean {
  return rejected.has(socket);
}

/**
 * Rejects a request whose length is ambiguous: ignores all further requests on its connection, and closes the
 * connection after the response.
 */
export function rejectConnection(response: ServerResponse): void {
  const { socket } = response.req;
  markRejected(socket);
  response.shouldKeepAlive = false;
  response.once('finish', () => {
    sendAndClose(socket, '');
  });
}

/**
 * Sends bytes as the last ones on a connection. Closes the connection after `LINGER_TIME`, so that the client has time
 * to read the bytes.
 */
export function sendAndClose(socket: Socket, bytes: string): void {
  socket.end(bytes);
  setTimeout(() => socket.destroy(), LINGER_TIME).unref();
}
