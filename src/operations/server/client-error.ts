import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { hasLongBody } from '../../common/http/long-body.js';
import { plainAddress } from '../../common/plain-address.js';
import { sendAndClose, isConnectionRejected, markRejected } from '../../common/http/rejected-connection.js';
import { faultBody } from '../../nova/fault/faults.js';
import { clientErrors } from '../requests/client-errors.js';
import { connectionOf } from './client-connections.js';

/** The responses to errors of Node's HTTP parser, by error code. The response to any other code has the status 400. */
const RESPONSES: Readonly<Record<string, readonly [status: number, title: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The header of the request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
};

/**
 * Responds to an invalid or too large HTTP request with a fault in Nova's format. It then closes the connection,
 * because the parser cannot find the start of the next request. A request gets only one response: if the response to it
 * has started, this function adds nothing.
 */
export function handleClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // No response can be sent before the TLS handshake is complete.
  if (error.code === 'ECONNRESET' || error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || socket.destroyed) {
    socket.destroy();
    return;
  }
  if (isConnectionRejected(socket)) return;
  const response = connectionOf(socket)?.latest;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && response !== undefined && hasLongBody(response.req))
    return;
  markRejected(socket);
  if (response === undefined) {
    sendAndClose(socket, responseTo(error, socket));
  } else if (response.req.complete) {
    // If the invalid bytes follow a complete request, the client must first get the response to that request.
    const reject = (): void => {
      sendAndClose(socket, responseTo(error, socket));
    };
    if (response.writableFinished) reject();
    else response.once('finish', reject);
  } else if (!response.headersSent) {
    sendAndClose(socket, responseTo(error, socket));
  } else if (response.writableEnded) {
    sendAndClose(socket, '');
  } else {
    socket.destroy();
  }
}

function responseTo({ code = '' }: NodeJS.ErrnoException, socket: Socket): string {
  const [status, title, message] = RESPONSES[code] ?? [
    400,
    'Bad Request',
    'This is not a valid HTTP request.',
  ];
  const body = JSON.stringify(faultBody(status, message));
  const requestId = `req-${randomUUID()}`;
  clientErrors.publish({
    address: socket.remoteAddress && plainAddress(socket.remoteAddress),
    status,
    length: Buffer.byteLength(body),
    requestId,
    code,
  });
  return (
    `HTTP/1.1 ${status} ${title}\r\n` +
    'Content-Type: application/json; charset=UTF-8\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\n` +
    `x-openstack-request-id: ${requestId}\r\n` +
    `x-compute-request-id: ${requestId}\r\n` +
    `Connection: close\r\n\r\n${body}`
  );
}
