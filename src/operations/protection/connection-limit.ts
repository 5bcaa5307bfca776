import type { Server } from 'node:net';

/**
 * Closes at once what comes while there are so many connections. Node's own limit is none for a worker: each one hands
 * what is too much for it to the next, without end.
 */
export function limitConnections(server: Server, most: number): void {
  let open = 0;
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open > most) socket.destroy();
  });
}
