import type { FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionRejected } from '../../common/http/rejected-connection.js';

/** The nova-api behind this service, which serves every route that this service does not have. */
export abstract class Upstream {
  /**
   * Passes a request on to nova-api, and the response back to the client, both unchanged.
   *
   * @throws UpstreamFailure if no part of a response has been sent; the caller of this method then sends the error
   *   response
   */
  abstract passOn(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

/**
 * Returns true if this service has a route for the request. The router also matches a path whose last parameter is
 * empty, such as `/servers/x/os-instance-actions/`. For such a path, this function returns false.
 */
export function hasOwnRoute(request: FastifyRequest): boolean {
  if (request.is404) return false;
  const parameters = Object.entries(request.params as Readonly<Record<string, string>>);
  return parameters.every(([name, value]) => value !== '' || name === '*');
}

/**
 * Makes the hook that passes a request on to nova-api if this service has no route for the request. nova-api then
 * authenticates the caller.
 */
export function passOn(upstream: Upstream) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (request.nova.destination !== 'upstream') return undefined;
    request.nova.upstream = { bodyLength: 0 };
    // During this pause, Node parses the start of the body. If the parser rejects the body, the request must not reach
    // nova-api.
    await Promise.resolve();
    if (isConnectionRejected(request.raw.socket) && !request.raw.complete) return reply.hijack();
    await upstream.passOn(request, reply);
    return reply;
  };
}
