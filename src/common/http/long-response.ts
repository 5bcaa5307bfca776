import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { topic } from '../topic.js';

/** The function that ends each long response; undefined after its call. */
const ends = new WeakMap<ServerResponse, (() => void) | undefined>();

/** Each response that is declared long, at its declaration. */
export const longResponses = topic<FastifyReply>('long-response');

/**
 * Declares that a response lasts for as long as its client stays, or long all the same: server-sent events, an export.
 * Call it before the response begins. Such a response is the last one on its connection, has a line in the access log when
 * it begins, and stays out of the histogram of durations. Write to it more often than CONNECTION_TIMEOUT.
 *
 * @param end sends the last data and ends the response. Graceful shutdown calls it after SHUTDOWN_DELAY, once, before it
 *   waits for other requests, and cuts the response after SHUTDOWN_TIMEOUT. Also called at once if the client has left
 */
export function declareLong(reply: FastifyReply, end: () => void): void {
  const response = reply.raw;
  if (response.req.socket.destroyed) {
    end();
    return;
  }
  response.shouldKeepAlive = false;
  ends.set(response, end);
  longResponses.publish(reply);
}

export function isLong(response: ServerResponse): boolean {
  return ends.has(response);
}

/** Ends a long response by its own function; does nothing for other responses and at a second call. */
export function endIfLong(response: ServerResponse): void {
  const end = ends.get(response);
  if (end === undefined) return;
  ends.set(response, undefined);
  end();
}
