import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { isApi } from '../url/nova-url.js';
import { isOurs } from './upstream.hook.js';

/** What a request is for, by what its route declares. */
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
  /** Before anything of the request is looked at. */
  abstract onArrival(request: FastifyRequest, reply: FastifyReply, destination: Destination): void;

  /** Waits until the process can begin with the request; nothing where that is now, and for `operations`. */
  abstract turn(destination: Destination): Promise<void> | undefined;

  /**
   * Before it is found out who sends it.
   *
   * @param isCached whether the caller is known without a request to Keystone: a flood of tokens must not reach Keystone
   */
  abstract beforeIdentity(
    request: FastifyRequest,
    reply: FastifyReply,
    isCached: () => boolean,
  ): Promise<void> | undefined;

  /** Once it is known who sends it, or that nobody knows; of pages nobody is asked. */
  abstract afterIdentity(request: FastifyRequest, reply: FastifyReply): Promise<void> | undefined;
}

/**
 * Makes the hook that finds out what a request is for, and rejects it or lets it wait for its turn.
 *
 * @param isFacade whether Nova takes what is not ours
 */
export function admit(admission: Admission, isFacade: boolean): onRequestHookHandler {
  return (request, reply, done) => {
    const destination = isFacade && !isOurs(request) ? 'upstream' : destinationOf(request);
    request.nova.destination = destination;
    admission.onArrival(request, reply, destination);
    const turn = admission.turn(destination);
    if (turn === undefined) done();
    else
      turn.then(() => {
        done();
      }, done);
  };
}

/** What the route does not open to everybody needs a caller. Only for a path without a route the path decides. */
function destinationOf({ nova: { url }, routeOptions, is404 }: FastifyRequest): Destination {
  const { access } = routeOptions.config;
  if (is404 || access === 'by path') return isApi(url) ? 'api' : 'page';
  if (access === 'public') return 'page';
  return access === 'operations' ? access : 'api';
}
