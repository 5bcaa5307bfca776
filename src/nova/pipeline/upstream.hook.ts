import type { FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionRejected } from '../../common/http/rejected-connection.js';

/** The nova-api behind a facade. It serves every route that this service does not have. */
export abstract class Upstream {
  /**
   * Passes a request on to nova-api, and the response back to the client, both unchanged.
   *
   * @throws UpstreamFailure if nova-api has sent nothing yet; the caller of this method then sends the error response
   */
  abstract passOn(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

/**
 * Returns true if this service has a route for the request. The router also matches a path whose last parameter is
 * empty (`/servers/x/os-instance-actions/`); for such a path this function returns false.
 */
export function hasOwnRoute(request: FastifyRequest): boolean {
  if (request.is404) return false;
  const parameters = Object.entries(request.params as Readonly<Record<string, string>>);
  return parameters.every(([name, value]) => value !== '' || name === '*');
}

/**
 * Makes the hook of a facade. It passes requests for other routes on to nova-api, which authenticates their callers.
 */
export function passOn(upstream: Upstream) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (request.nova.destination !== 'upstream') return undefined;
    request.nova.upstream = { bodyLength: 0 };
    // Gives Node time to parse the start of the body. If the parser rejects it, the request must not reach nova-api.
    await Promise.resolve();
    if (isConnectionRejected(request.raw.socket) && !request.raw.complete) return reply.hijack();
    await upstream.passOn(request, reply);
    return reply;
  };
}
