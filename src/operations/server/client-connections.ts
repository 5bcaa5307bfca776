import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';

/** A client's connection on which requests can arrive. If it uses TLS, its handshake is complete. */
export class ClientConnection {
  /** The responses that are not completely sent, in the order of their requests. */
  readonly unanswered: ServerResponse[] = [];

  /** The response to the last request of the connection. It may be complete. */
  latest: ServerResponse | undefined;

  /** Called when a response has been removed from `unanswered`. */
  onResponseClosed: () => void = () => undefined;

  /**
   * Called when the client has closed its sending half. The service may not yet have processed all data that the client
   * sent before.
   */
  onHalfClosed: () => void = () => undefined;

  /**
   * True while the service does not read from the client, because too many bytes wait in memory. Meanwhile it cannot
   * detect that the client closes the connection.
   */
  isFull = false;

  constructor(readonly socket: Socket) {}

  /**
   * Sends an interim response (100 Continue), unless the first response has started. HTTP/1.1 clients must ignore the
   * interim response. If the client has closed the connection, the client's system responds with a reset, and the
   * service's system then closes the connection, too.
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
  /** The sockets of all open connections, including connections in a TLS handshake. */
  readonly sockets = new Set<Socket>();

  /** The connections on which requests can arrive. */
  readonly ready = new Set<ClientConnection>();

  /** The number of connections opened so far. */
  opened = 0;

  /**
   * The number of changes so far. Each change is a connection that became ready or closed, or a response that started
   * or finished.
   */
  changes = 0;

  /** Called for each connection that becomes ready. */
  onReady: (connection: ClientConnection) => void = () => undefined;

  constructor(server: Server) {
    // All responses share one listener. A new listener for each response would double the time that this class needs.
    const { remove } = this;
    const onClose = function (this: ServerResponse): void {
      remove(this);
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
      this.changes += 1;
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
    this.changes += 1;
    // The service listens to the socket, because a pipelined response that waits for earlier ones emits no `close`
    // event when its connection closes.
    socket.once('close', () => {
      this.ready.delete(connection);
      this.changes += 1;
    });
    this.onReady(connection);
  }

  private readonly remove = (response: ServerResponse): void => {
    this.changes += 1;
    const connection = connectionOfSocket.get(response.req.socket);
    const index = connection?.unanswered.indexOf(response) ?? -1;
    if (connection === undefined || index < 0) return;
    connection.unanswered.splice(index, 1);
    connection.onResponseClosed();
  };
}

/**
 * Starts to track the connections of a server. @returns the connections; every call for the same server returns the
 * same object
 */
export function trackConnections(server: Server): ClientConnections {
  const tracked = connectionsOfServer.get(server) ?? new ClientConnections(server);
  connectionsOfServer.set(server, tracked);
  return tracked;
}

/** Returns the tracked connection of a socket, or undefined while its TLS handshake is not complete. */
export function connectionOf(socket: Socket): ClientConnection | undefined {
  return connectionOfSocket.get(socket);
}
