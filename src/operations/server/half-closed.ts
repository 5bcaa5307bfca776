import type { Server } from 'node:http';
import type { ClientConnection } from './client-connections.js';

/** The delays after which the service sends probes to a client that has closed its sending half, in milliseconds. */
const PROBE_DELAYS = [500, 1_000];

/** Keeps a connection open after the client has closed its sending half (RFC 9112, 9.6). */
export function allowHalfClosed(server: Server): void {
  // Node has this option, but the type definitions lack it.
  Object.assign(server, { httpAllowHalfOpen: true });
}

/**
 * Sends the remaining responses to a client that has closed its sending half. A client that has closed the whole
 * connection looks the same until the service sends data, so the service sends probes. A probe cannot be sent in the
 * middle of a response: if the only remaining response has started, the service assumes that the client has closed the
 * whole connection.
 */
export function serveHalfClosed(connection: ClientConnection): void {
  const { socket, unanswered } = connection;
  // The handler is set only after the TLS handshake, because a client that closes its sending half during the handshake
  // expects no response.
  socket.allowHalfOpen = true;
  connection.onHalfClosed = () => {
    const [first, next] = unanswered;
    if (first?.headersSent === true && !first.writableEnded && next === undefined) {
      socket.destroy();
      return;
    }
    const timers = PROBE_DELAYS.map((delay) =>
      setTimeout(() => {
        connection.probe();
      }, delay),
    );
    socket.once('close', () => {
      timers.forEach(clearTimeout);
    });
  };
}
