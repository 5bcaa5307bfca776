import type { FastifyReply } from 'fastify';
import type { ServerResponse } from 'node:http';
import { topic } from '../topic.js';

/** The function that ends each long response; undefined after its call. */
const ends = new WeakMap<ServerResponse, (() => void) | undefined>();

/** The topic of responses that are declared long. */
export const longResponses = topic<FastifyReply>('long-response');

/**
 * Declares that a response lasts long, for example server-sent events or an export. Call it before the response starts.
 *
 * A long response is the last one on its connection. The access log has a line when it starts, and another one when it
 * ends. The histogram of request durations does not include it. Write data at shorter intervals than
 * CONNECTION_TIMEOUT, which closes idle connections.
 *
 * @param end sends the last data and ends the response. A graceful shutdown calls it once, after SHUTDOWN_DELAY, and
 *   closes the connection after SHUTDOWN_TIMEOUT. If the client has already closed the connection, `declareLong` calls
 *   `end` immediately
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

/** Calls the `end` function of a long response. Does nothing for other responses, and nothing at a second call. */
export function endIfLong(response: ServerResponse): void {
  const end = ends.get(response);
  if (end === undefined) return;
  ends.set(response, undefined);
  end();
}
