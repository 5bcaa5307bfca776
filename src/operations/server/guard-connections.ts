import type { Server } from 'node:http';
import type { Settings } from '../../config/settings.js';
import { trackConnections } from './client-connections.js';
import { allowHalfClosed, serveHalfClosed } from './half-closed.js';
import { limitPipelining } from './pipelining.js';
import { UnreadResponses } from './unread-responses.js';

/**
 * Limits the number of requests in progress on each connection, and closes the connections of clients that do not read
 * their responses.
 */
export function guardConnections(
  server: Server,
  {
    PIPELINED_REQUESTS,
    SEND_TIMEOUT,
    MAX_UNREAD_BYTES,
  }: Pick<Settings, 'PIPELINED_REQUESTS' | 'SEND_TIMEOUT' | 'MAX_UNREAD_BYTES'>,
): void {
  const unread = new UnreadResponses({ time: SEND_TIMEOUT * 1000, bytes: MAX_UNREAD_BYTES });
  allowHalfClosed(server);
  trackConnections(server).onReady = (connection) => {
    limitPipelining(connection, PIPELINED_REQUESTS);
    serveHalfClosed(connection);
    unread.add(connection);
  };
  server.once('close', () => {
    unread.stop();
  });
}
