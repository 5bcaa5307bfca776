import { Logger } from '@nestjs/common';
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorText } from '../../common/error-text.js';
import { endIfLong } from '../../common/http/long-response.js';
import { type ClientConnections, trackConnections } from './client-connections.js';

/** Old connections count as idle once none of them has closed for so long, in milliseconds. */
const IDLE_AFTER = 1_000;

/** How long the server goes on listening at most while new connections arrive, in milliseconds. */
const BACKLOG_TIMEOUT = 5_000;

/** How long TLS handshakes may take after the server has stopped listening, in milliseconds. */
const HANDSHAKE_TIMEOUT = 1_000;

/** How long the `close` events of cut responses may take, which log and metrics wait for, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/** In milliseconds. */
const POLL_INTERVAL = 10;

/**
 * After how many polls without a change the server expects nothing more. The server counts polls and not time: between two
 * polls the process handles everything that has arrived and accepts one new connection, however busy it is.
 */
const QUIET_POLLS = 10;

/**
 * Ends a server without losing a request. A client cannot know that the server is about to close its idle connection, and
 * loses a request that it sends at that moment. So connections stay open for a while, in which each response says that
 * it is the last one on its connection.
 *
 * @param delay how long the server goes on first, in milliseconds, so that balancers choose other replicas
 * @param timeLimit for responses in progress after the delay, in milliseconds; what takes longer is cut
 * @returns how many responses were cut
 */
export async function drain(server: Server, delay: number, timeLimit: number): Promise<number> {
  const clients = trackConnections(server);
  server.prependListener('request', (_request, response: ServerResponse) => {
    response.shouldKeepAlive = false;
  });
  for (const response of clients.unanswered()) response.shouldKeepAlive = false;
  const areOldIdle = areIdle(new Set(clients.sockets));
  await sleep(delay);
  // Not before: a client that connects anew must reach another replica. At each poll, because more may be declared.
  endLongResponses(clients);
  const deadline = performance.now() + timeLimit;
  const poll = (isDone: () => boolean, limit = deadline): Promise<void> =>
    until(() => {
      endLongResponses(clients);
      return isDone();
    }, limit);
  await poll(areOldIdle);
  // The system resets the connections in its backlog when the server stops listening.
  await poll(
    isUnchanged(() => clients.opened),
    Math.min(deadline, performance.now() + BACKLOG_TIMEOUT),
  );
  server.close();
  const isQuiet = isUnchanged(() => clients.opened + clients.events);
  const handshakesEnd = performance.now() + HANDSHAKE_TIMEOUT;
  const areReady = (): boolean =>
    clients.ready.size >= clients.sockets.size || performance.now() > handshakesEnd;
  await poll(() => clients.sockets.size === 0 || (isQuiet() && areReady() && !clients.hasUnanswered));
  const cut = [...clients.unanswered()].length;
  for (const socket of clients.sockets) socket.destroy();
  await until(() => !clients.hasUnanswered, performance.now() + CLOSE_TIMEOUT);
  return cut;
}

function endLongResponses(clients: ClientConnections): void {
  for (const response of clients.unanswered()) {
    try {
      endIfLong(response);
    } catch (error) {
      new Logger('Shutdown').error(`a long response failed to end: ${errorText(error)}`);
      response.destroy();
    }
  }
}

/** @returns a function: whether all of the connections have closed or are idle */
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

/** @returns a function: whether the number has stayed the same for `QUIET_POLLS` of its calls */
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

async function until(isDone: () => boolean, deadline: number): Promise<void> {
  while (performance.now() < deadline && !isDone()) await sleep(POLL_INTERVAL);
}
