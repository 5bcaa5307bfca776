import type { FastifyReply, FastifyRequest } from 'fastify';
import { isConnectionRejected } from '../../common/http/rejected-connection.js';

/** The Nova behind this service, if there is one. It answers the requests that no route of ours takes. */
export abstract class Upstream {
  /**
   * Passes a request on, and its answer back, both as they are; this service adds nothing to either.
   *
   * @throws UpstreamFailure when no answer has begun; the reply is then still to be sent
   */
  abstract passOn(request: FastifyRequest, reply: FastifyReply): Promise<void>;
}

/**
 * Whether a route of ours takes the request. The router also matches a path whose last parameter is empty
 * (`/servers/x/os-instance-actions/`); that one is not ours.
 */
export function isOurs(request: FastifyRequest): boolean {
  if (request.is404) return false;
  const parameters = Object.entries(request.params as Readonly<Record<string, string>>);
  return parameters.every(([name, value]) => value !== '' || name === '*');
}

/** Makes the hook of a facade: it passes on requests without a route of ours. Nova authenticates their callers. */
export function passOn(upstream: Upstream) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    if (request.nova.destination !== 'upstream') return undefined;
    request.nova.upstream = { bodyLength: 0 };
    // The parser goes on to the body only now. What it refuses there and then must not reach nova-api.
    await Promise.resolve();
    if (isConnectionRejected(request.raw.socket) && !request.raw.complete) return reply.hijack();
    await upstream.passOn(request, reply);
    return reply;
  };
}
