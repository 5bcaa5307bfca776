import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Returns true if a body follows the headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/**
 * Returns true if every server finds the same end of the body: the request has no transfer coding, or it is HTTP/1.1
 * and its only coding is `chunked`. Node's parser also accepts an empty coding, and other codings before `chunked`.
 */
export function hasKnownCoding({ headers, httpVersion }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding } = headers;
  return coding === undefined || (coding.toLowerCase() === 'chunked' && httpVersion !== '1.0');
}

/**
 * Delays the end of a connection until the body of the request has arrived, at most for `REQUEST_TIMEOUT`. After the
 * last response Node would close the connection immediately. If more of the body arrived then, the system would reset
 * the connection, and the client might lose the response.
 */
export function closeWhenRead(request: IncomingMessage): void {
  const { socket } = request;
  // Not `socket.destroySoon`: an earlier request may have replaced it, and the calls would form a chain.
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
    // The next request on the connection may have replaced it already.
    if (socket.destroySoon === closeWhenComplete) Reflect.deleteProperty(socket, 'destroySoon');
  });
}
