import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { topic } from '../topic.js';

/** The functions that end responses at shutdown, or undefined after the function was called. */
const ends = new WeakMap<ServerResponse, (() => void) | undefined>();

const declared = new WeakSet<ServerResponse>();

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
  declared.add(response);
  endAtShutdown(reply, end);
  longResponses.publish(reply);
}

/**
 * Makes a graceful shutdown call a function, as for a long response. For a response that may become long, but may wait
 * for a long time before it starts.
 */
export function endAtShutdown(reply: FastifyReply, end: () => void): void {
  ends.set(reply.raw, end);
}

export function isLong(response: ServerResponse): boolean {
  return declared.has(response);
}

/** Calls the `end` function of a response, at most once. Does nothing if the response has none. */
export function endIfLong(response: ServerResponse): void {
  const end = ends.get(response);
  if (end === undefined) return;
  ends.set(response, undefined);
  end();
}
