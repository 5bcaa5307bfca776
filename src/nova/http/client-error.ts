import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { faultBody } from '../fault/faults.js';

/** What Node's HTTP parser refuses before there is a request. */
const REFUSALS: Readonly<Record<string, readonly [status: number, title: string, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The header of the request is too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
};

/**
 * Answers what is no HTTP request, or too large a one, in the form of Nova's faults, and closes the connection:
 * what follows on it cannot be told apart.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, title, message] = REFUSALS[error.code ?? ''] ?? [
    400,
    'Bad Request',
    'This is no HTTP request.',
  ];
  const body = JSON.stringify(faultBody(status, message));
  const requestId = `req-${randomUUID()}`;
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\n` +
      'Content-Type: application/json; charset=UTF-8\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      `x-openstack-request-id: ${requestId}\r\n` +
      `x-compute-request-id: ${requestId}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
