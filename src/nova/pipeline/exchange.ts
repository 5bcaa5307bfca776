import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../../identity/request-context.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access } from '../policy/access.js';
import type { DeclaredResource } from '../route/declarations.js';
import type { RouteDeclaration } from '../route/nova-route.js';
import type { Server } from '../servers/server.js';
import type { NovaUrl } from '../url/nova-url.js';
import type { Destination } from './admission.hook.js';

/**
 * What is known of a request so far. Each hook and each guard adds its finding, in the order of the properties, and reads
 * those of the ones before; nothing is decided twice.
 */
export interface Exchange {
  readonly requestId: string;
  readonly url: NovaUrl;
  destination?: Destination;
  /** Set for what goes to the Nova behind: how much of its answer's body has gone back to the client, in bytes. */
  upstream?: { bodyLength: number };
  context?: RequestContext;
  /** What the route declares, and its resource, if it is a route of the API. */
  route?: RouteDeclaration;
  resource?: DeclaredResource;
  /** Set once negotiated, also to a version that is then refused: the refusal names it in its headers. */
  version?: Microversion;
  /** An instance of the query class of the route and the microversion. */
  query?: object;
  server?: Server;
  access?: Access;
}

declare module 'fastify' {
  interface FastifyRequest {
    nova: Exchange;
  }
}

/** A finding that an earlier step has made; its absence is a mistake in the order of the steps. */
export function exchangeValue<Name extends keyof Exchange>(
  request: FastifyRequest,
  name: Name,
): NonNullable<Exchange[Name]> {
  const value = request.nova[name];
  if (value === undefined) throw new Error(`the request has no ${name} yet`);
  return value;
}
