import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** A client's connection over which requests may come. */
export class ClientConnection {
  /** The responses that the client does not have completely, in the order of their requests. */
  readonly unanswered: ServerResponse[] = [];

  /** Called when there is one response less of them. */
  onAnswer: () => void = () => undefined;

  /** Called when the client has closed its sending half. What it sent before may wait to be read. */
  onEnd: () => void = () => undefined;

  /** Whether so much of what the client has sent waits that no more is read, not even the end of the connection. */
  isFull = false;

  constructor(readonly socket: Socket) {}

  /**
   * Sends an interim response where the first response has not begun; clients of HTTP/1.1 must ignore it. Where nobody
   * receives it, the next one fails, and the connection ends.
   */
  probe(): void {
    const [first] = this.unanswered;
    if (first?.headersSent === false && first.req.httpVersion === '1.1') first.writeContinue();
  }
}

/**
 * Tracks the connections of clients and what is unanswered on each; connections of TLS after the handshake.
 *
 * @param listener is called for each new connection
 */
export function trackConnections(server: Server, listener: (connection: ClientConnection) => void): void {
  const connections = new WeakMap<Socket, ClientConnection>();
  // One listener for all responses: a new one for each would cost as much as all the rest.
  const onClose = function (this: ServerResponse): void {
    const connection = connections.get(this.req.socket);
    const place = connection?.unanswered.indexOf(this) ?? -1;
    if (connection === undefined || place < 0) return;
    connection.unanswered.splice(place, 1);
    connection.onAnswer();
  };
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    const connection = new ClientConnection(socket);
    connections.set(socket, connection);
    listener(connection);
  });
  server.prependListener('request', ({ socket }, response: ServerResponse) => {
    connections.get(socket)?.unanswered.push(response);
    response.on('close', onClose);
  });
}
