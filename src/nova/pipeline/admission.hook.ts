import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isApi } from '../url/nova-url.js';
import { hasOwnRoute } from './upstream.hook.js';

/** The kind of a request, which decides the limits that apply. The declaration of the request's route determines it. */
export type Destination =
  /** A route that callers with a token may use. */
  | 'api'
  /** A route that this service does not have, and that nova-api behind it serves. */
  | 'upstream'
  /** A route that operators and platforms use: health, metrics. */
  | 'operations'
  /** A page that everybody may read: a version document, the documentation, or the response for an unknown path. */
  | 'page';

/**
 * Admission control: rejects a request that is too large, or that exceeds a limit. Each method throws a `Failure` for
 * such a request.
 */
export abstract class Admission {
  /** Called before any other hook reads the request. */
  abstract onArrival(request: FastifyRequest, reply: FastifyReply, destination: Destination): void;

  /**
   * Waits until the process has a free slot for the request.
   *
   * @returns undefined if the request need not wait; a request for `operations` never waits
   */
  abstract waitForSlot(destination: Destination): Promise<void> | undefined;

  /**
   * Called before the caller is authenticated. Protects Keystone from a flood of unknown tokens.
   *
   * @param isCached returns true if the token is in the cache, so that no request to Keystone is necessary
   */
  abstract beforeIdentity(
    request: FastifyRequest,
    reply: FastifyReply,
    isCached: () => boolean,
  ): Promise<void> | undefined;

  /** Called after authentication, even if it failed. Also called for a `page`, which needs no authentication. */
  abstract afterIdentity(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined;
}

/**
 * Makes the hook that determines the kind of a request, and that rejects or delays the request if a limit is reached.
 *
 * @param isFacade true if nova-api serves all routes that this service does not have
 */
export function admit(admission: Admission, isFacade: boolean): onRequestHookHandler {
  return (request, reply, done) => {
    const destination = isFacade && !hasOwnRoute(request) ? 'upstream' : destinationOf(request);
    request.nova.destination = destination;
    admission.onArrival(request, reply, destination);
    const slot = admission.waitForSlot(destination);
    if (slot === undefined) done();
    else
      slot.then(() => {
        done();
      }, done);
  };
}

/** Returns the kind that the route declares. An unknown path is `api` below `/v2.1` and `/v2`, and `page` elsewhere. */
function destinationOf({ nova: { url }, routeOptions, is404 }: FastifyRequest): Destination {
  const { access } = routeOptions.config;
  if (is404 || access === 'by path') return isApi(url) ? 'api' : 'page';
  if (access === 'public') return 'page';
  return access === 'operations' ? access : 'api';
}
