import type { Server } from 'node:http';
import type { ClientConnection } from './client-connections.js';

/** When the service probes a client that has closed its sending half, in milliseconds after that. */
const PROBES = [500, 1_000];

/** Keeps connections open whose client has closed its sending half (RFC 9112, 9.6). */
export function allowHalfClosed(server: Server): void {
  // Node has this option, but its types lack it.
  Object.assign(server, { httpAllowHalfOpen: true });
}

/**
 * Answers a client that has closed its sending half. A client that has left looks the same until something is sent to
 * it. So a client that waits longer is probed. Within a response that has begun, nothing can be sent in between: there
 * a client that closes its half has left.
 */
export function answerHalfClosed(connection: ClientConnection): void {
  const { socket, unanswered } = connection;
  // With TLS not before the handshake: a client that leaves within it has no response to wait for.
  socket.allowHalfOpen = true;
  connection.onEnd = () => {
    const [first, next] = unanswered;
    if (first?.headersSent === true && !first.writableEnded && next === undefined) {
      socket.destroy();
      return;
    }
    const timers = PROBES.map((delay) =>
      setTimeout(() => {
        connection.probe();
      }, delay),
    );
    socket.once('close', () => {
      timers.forEach(clearTimeout);
    });
  };
}
