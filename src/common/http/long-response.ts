import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { topic } from '../topic.js';

/** For each long response: the function that ends the response, or undefined after the function was called. */
const ends = new WeakMap<ServerResponse, (() => void) | undefined>();

/** The topic on which `declareLong` publishes each response that is declared long. */
export const longResponses = topic<FastifyReply>('long-response');

/**
 * Declares that a response may take very long, for example server-sent events or an export. Call this function before
 * the response starts. The service closes the connection after a long response. The access log has one line for the
 * start of the response, and one for its end. The histogram of request durations does not include the response. Write
 * data more often than once per CONNECTION_TIMEOUT, because the service closes a connection that is idle for that time.
 *
 * @param end a function that sends the last data and ends the response. A graceful shutdown calls this function once,
 * after SHUTDOWN_DELAY, and closes the connection after SHUTDOWN_TIMEOUT. If the client has already closed the
 * connection, `declareLong` calls the function immediately
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

/** Calls the `end` function of a long response, at most once. Does nothing if the response was not declared long. */
export function endIfLong(response: ServerResponse): void {
  const end = ends.get(response);
  if (end === undefined) return;
  ends.set(response, undefined);
  end();
}
