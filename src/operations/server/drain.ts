import { Logger } from '@nestjs/common';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../../common/error-text.js';
import { endIfLong } from '../../common/http/long-response.js';
import { type ClientConnections, trackConnections } from './client-connections.js';

/**
 * If none of the connections that were open before the shutdown closes for this time, in milliseconds, they count as
 * idle.
 */
const IDLE_AFTER = 1_000;

/** The maximum time for which the server continues to listen while new connections arrive, in milliseconds. */
const BACKLOG_TIMEOUT = 5_000;

/** The time within which TLS handshakes may finish after the server has stopped listening, in milliseconds. */
const HANDSHAKE_TIMEOUT = 1_000;

/**
 * The time to wait for the `close` events of responses that the server has cut off, in milliseconds. Log and metrics
 * need these events.
 */
const CLOSE_TIMEOUT = 1_000;

/** The interval between two polls, in milliseconds. */
const POLL_INTERVAL = 10;

/**
 * The number of polls without a change after which the server expects no more requests. The server counts polls instead
 * of time, because even a busy process handles all received data and accepts one connection between two polls.
 */
const QUIET_POLLS = 10;

/**
 * Shuts down an HTTP server without losing a request. A request would be lost if the client sent it just when the
 * server closes the idle connection. So idle connections stay open for a while. During this time, each response has
 * `Connection: close`, so that the client sends its next request over a new connection.
 *
 * @param delay the time for which the server first continues to accept requests, in milliseconds, so that load
 *   balancers choose other replicas
 * @param timeout the time for responses in progress after the delay, in milliseconds. The server cuts responses that
 *   take longer
 * @returns the number of responses that were cut
 */
export async function drain(server: Server, delay: number, timeout: number): Promise<number> {
  const clients = trackConnections(server);
  server.prependListener('request', (_request, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  for (const response of clients.unanswered()) response.shouldKeepAlive = false;
  const areOldIdle = areIdle(new Set(clients.sockets));
  await sleep(delay);
  // Long responses end only after the delay, so that their clients reconnect to another replica. Each later poll also
  // ends long responses that have started meanwhile.
  endLongResponses(clients);
  const deadline = performance.now() + timeout;
  const poll = (isDone: () => boolean, until = deadline): Promise<void> =>
    pollUntil(() => {
      endLongResponses(clients);
      return isDone();
    }, until);
  await poll(areOldIdle);
  // Before the server stops listening, it accepts all waiting connections, because the system resets those that have
  // not been accepted by then.
  await poll(
    isUnchanged(() => clients.opened),
    Math.min(deadline, performance.now() + BACKLOG_TIMEOUT),
  );
  server.close();
  const isQuiet = isUnchanged(() => clients.opened + clients.changes);
  const handshakesEnd = performance.now() + HANDSHAKE_TIMEOUT;
  const areReady = (): boolean =>
    clients.ready.size >= clients.sockets.size || performance.now() > handshakesEnd;
  await poll(() => clients.sockets.size === 0 || (isQuiet() && areReady() && !clients.hasUnanswered));
  const cut = [...clients.unanswered()].length;
  for (const socket of clients.sockets) socket.destroy();
  await pollUntil(() => !clients.hasUnanswered, performance.now() + CLOSE_TIMEOUT);
  return cut;
}

function endLongResponses(clients: ClientConnections): void {
  for (const response of clients.unanswered()) {
    try {
      endIfLong(response);
    } catch (error) {
      new Logger('Shutdown').error(
        `cannot end a long response, so its connection is closed: ${errorText(error)}`,
      );
      response.destroy();
    }
  }
}

/** Returns a function that returns true if each of the connections is closed or idle. */
function areIdle(connections: Set<Socket>): () => boolean {
  let lastClose = performance.now();
  for (const socket of connections) {
    socket.once('close', () => {
      connections.delete(socket);
      lastClose = performance.now();
    });
  }
  return () => connections.size === 0 || performance.now() - lastClose > IDLE_AFTER;
}

/** Returns a function that returns true if the number has not changed during its last `QUIET_POLLS` calls. */
function isUnchanged(count: () => number): () => boolean {
  let last = count();
  let polls = 0;
  return () => {
    const now = count();
    polls = now === last ? polls + 1 : 0;
    last = now;
    return polls >= QUIET_POLLS;
  };
}

async function pollUntil(isDone: () => boolean, deadline: number): Promise<void> {
  while (performance.now() < deadline && !isDone()) await sleep(POLL_INTERVAL);
}
