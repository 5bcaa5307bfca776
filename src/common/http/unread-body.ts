import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Returns true if the headers of a request say that a body follows. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/**
 * Returns true if the end of the body is unambiguous, so that a proxy and this service always agree about it. The end
 * is unambiguous if the request has no transfer coding, or uses HTTP/1.1 with the single coding `chunked`. Node's
 * parser is less strict: it accepts an empty coding, and a list such as `gzip, chunked`.
 */
export function hasKnownCoding({ headers, httpVersion }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding } = headers;
  return coding === undefined || (coding.toLowerCase() === 'chunked' && httpVersion !== '1.0');
}

/**
 * Delays the close of a connection until the whole body of the request has arrived, at most for `REQUEST_TIMEOUT`. By
 * default, Node closes the connection immediately after the last response. If a later part of the body arrived on the
 * closed connection, the operating system would reset the connection, and the client could lose the response.
 */
export function closeWhenRead(request: IncomingMessage): void {
  const { socket } = request;
  // This is the original method, which the prototype has. An earlier request may have replaced `socket.destroySoon`; if
  // this request called that replacement, each request on the connection would add one more call.
  const closeAtOnce = Socket.prototype.destroySoon.bind(socket);
  const closeWhenComplete = (): void => {
    if (request.complete) {
      closeAtOnce();
      return;
    }
    socket.end();
    request.once('end', closeAtOnce);
  };
  socket.destroySoon = closeWhenComplete;
  request.once('close', () => {
    // Restores the original method, unless the next request on the connection has already replaced the method again.
    if (socket.destroySoon === closeWhenComplete) Reflect.deleteProperty(socket, 'destroySoon');
  });
}
