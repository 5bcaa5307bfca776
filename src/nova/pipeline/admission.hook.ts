import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isApi } from '../url/nova-url.js';
import { hasOwnRoute } from './upstream.hook.js';

/** The purpose of a request, by the declaration of its route. */
export type Destination =
  /** A route that callers with a token may use. */
  | 'api'
  /** The Nova behind this service. */
  | 'upstream'
  /** A route that operators and platforms use: health, metrics. */
  | 'operations'
  /** A route that everybody may use: version documents, the documentation, paths that no route has. */
  | 'page';

/**
 * Admission control: rejects oversized or excessive requests before they are served. Each method throws a `Fault` or a
 * refusal for such a request.
 */
export abstract class Admission {
  /** Before any other hook reads the request. */
  abstract onArrival(request: FastifyRequest, reply: FastifyReply, destination: Destination): void;

  /** Waits until the process can begin with the request. @returns undefined if it can begin now, as with `operations` always */
  abstract waitForSlot(destination: Destination): Promise<void> | undefined;

  /**
   * Before the caller is authenticated.
   *
   * @param isCached whether the caller is known without a request to Keystone: a flood of tokens must not reach Keystone
   */
  abstract beforeIdentity(
    request: FastifyRequest,
    reply: FastifyReply,
    isCached: () => boolean,
  ): Promise<void> | undefined;

  /** After authentication, with or without a caller. Requests for pages are not authenticated. */
  abstract afterIdentity(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined;
}

/**
 * Makes the hook that finds the purpose of a request, and rejects or delays the request if necessary.
 *
 * @param isFacade whether nova-api takes requests for other routes than ours
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

/** A route needs a caller unless it declares to be open. For a path without a route, the path decides. */
function destinationOf({ nova: { url }, routeOptions, is404 }: FastifyRequest): Destination {
  const { access } = routeOptions.config;
  if (is404 || access === 'by path') return isApi(url) ? 'api' : 'page';
  if (access === 'public') return 'page';
  return access === 'operations' ? access : 'api';
}
