import type { FastifyReply, FastifyRequest } from 'fastify';

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
 * Whether a request is taken, for reasons that Nova knows nothing of: its size, how many there are. Each of its
 * methods throws a `Fault` or a refusal for one that is not.
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
