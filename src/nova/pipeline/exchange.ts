import type { ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../../identity/request-context.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access } from '../policy/access.js';
import type { Server } from '../servers/server.js';
import type { NovaUrl } from '../url/nova-url.js';

/**
 * What is known of a request so far. Each step on its way adds its finding, in the order of the properties,
 * and reads those of the steps before; nothing is decided twice.
 */
export interface Exchange {
  readonly requestId: string;
  readonly url: NovaUrl;
  /** Set for what goes to the Nova behind: how much of its answer's body has gone back to the client, in bytes. */
  upstream?: { bodyLength: number };
  context?: RequestContext;
  /** The route that it goes by, if that is one of Nova's. */
  execution?: ExecutionContext;
  /** Set once negotiated, also to a version that is then refused: the refusal names it in its headers. */
  version?: Microversion;
  /** An instance of the query class of the route and the microversion. */
  query?: object;
  server?: Server;
  access?: Access;
  /** Set once there is an answer that may be sent: what the view rendered, or a fault. */
  isAnswered?: boolean;
}

declare module 'fastify' {
  interface FastifyRequest {
    nova: Exchange;
  }
}

/** A finding that an earlier step has made; its absence is a mistake in the order of the steps. */
export function found<Name extends keyof Exchange>(
  request: FastifyRequest,
  name: Name,
): NonNullable<Exchange[Name]> {
  const value = request.nova[name];
  if (value === undefined) throw new Error(`the request has no ${name} yet`);
  return value;
}
