import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** Whether a body follows the headers. */
export function hasBody({ headers }: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

/**
 * Whether every server finds the same end of the body: it has a length, or `chunked` is its only coding.
 * HTTP/1.0 has no codings. Node's parser also takes an empty coding, and any before `chunked`.
 */
export function hasKnownCoding({ headers, httpVersion }: IncomingMessage): boolean {
  const { 'transfer-encoding': coding } = headers;
  return coding === undefined || (coding.toLowerCase() === 'chunked' && httpVersion !== '1.0');
}

/**
 * Where the connection ends with the answer, Node would close it at once, though the body is still to come: what comes
 * then resets it, and the answer may be lost with it. `REQUEST_TIMEOUT` is the limit.
 */
export function closeWhenRead(request: IncomingMessage): void {
  const { socket } = request;
  // Node's own, and not what the request before has put there: that would lead to the one before it, and so on.
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
    // Unless the next request on the connection has come meanwhile.
    if (socket.destroySoon === closeWhenComplete) Reflect.deleteProperty(socket, 'destroySoon');
  });
}
