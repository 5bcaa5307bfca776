import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** A client's connection over which requests may come. */
export class ClientConnection {
  /** The responses that the client does not have completely, in the order of their requests. */
  readonly unanswered: ServerResponse[] = [];

  /** The response to the last request, complete or not. */
  latest: ServerResponse | undefined;

  /** Called when a response has left `unanswered`. */
  onAnswer: () => void = () => undefined;

  /** Called when the client has closed its sending half. What it sent before may wait to be read. */
  onEnd: () => void = () => undefined;

  /** Whether the service reads no more from the client, because too many bytes wait: then it does not see the end either. */
  isFull = false;

  constructor(readonly socket: Socket) {}

  /**
   * Sends an interim response where the first response has not begun; clients of HTTP/1.1 must ignore it. If the client
   * has left, the next one fails, and the connection ends.
   */
  probe(): void {
    const [first] = this.unanswered;
    if (first?.headersSent === false && first.req.httpVersion === '1.1') first.writeContinue();
  }
}

const connectionOfSocket = new WeakMap<Socket, ClientConnection>();
const connectionsOfServer = new WeakMap<Server, ClientConnections>();

/** The connections of a server's clients, and the responses in progress on each. */
export class ClientConnections {
  /** All that are open; of TLS also those whose handshake is not complete. */
  readonly sockets = new Set<Socket>();

  /** Those that are ready for requests. */
  readonly ready = new Set<ClientConnection>();

  /** How many connections were opened. */
  opened = 0;

  /** How often a connection became ready or closed, and a response began or ended. */
  events = 0;

  /** Called for each connection that becomes ready. */
  onReady: (connection: ClientConnection) => void = () => undefined;

  constructor(server: Server) {
    // One listener for all responses: a new one for each would cost as much as all the rest.
    const { forget } = this;
    const onClose = function (this: ServerResponse): void {
      forget(this);
    };
    server.on('connection', (socket: Socket) => {
      this.opened += 1;
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.add(socket);
    });
    server.prependListener('request', ({ socket }, response: ServerResponse) => {
      this.events += 1;
      const connection = connectionOfSocket.get(socket);
      if (connection === undefined) return;
      connection.latest = response;
      connection.unanswered.push(response);
      response.on('close', onClose);
    });
  }

  *unanswered(): Iterable<ServerResponse> {
    for (const connection of this.ready) yield* connection.unanswered;
  }

  get hasUnanswered(): boolean {
    for (const { unanswered } of this.ready) if (unanswered.length > 0) return true;
    return false;
  }

  private add(socket: Socket): void {
    const connection = new ClientConnection(socket);
    connectionOfSocket.set(socket, connection);
    this.ready.add(connection);
    this.events += 1;
    // Responses that wait behind others of the connection emit nothing when it closes.
    socket.once('close', () => {
      this.ready.delete(connection);
      this.events += 1;
    });
    this.onReady(connection);
  }

  private readonly forget = (response: ServerResponse): void => {
    this.events += 1;
    const connection = connectionOfSocket.get(response.req.socket);
    const place = connection?.unanswered.indexOf(response) ?? -1;
    if (connection === undefined || place < 0) return;
    connection.unanswered.splice(place, 1);
    connection.onAnswer();
  };
}

/** Tracks the connections of a server from the first call on. @returns the same object for the same server */
export function trackConnections(server: Server): ClientConnections {
  const tracked = connectionsOfServer.get(server) ?? new ClientConnections(server);
  connectionsOfServer.set(server, tracked);
  return tracked;
}

/** The connection of a socket that `trackConnections` knows; undefined for one whose TLS handshake is not complete. */
export function connectionOf(socket: Socket): ClientConnection | undefined {
  return connectionOfSocket.get(socket);
}
