import type { FastifyRequest } from 'fastify';
import type { RequestContext } from '../../identity/request-context.js';
import type { Microversion } from '../microversion/microversion.js';
import type { Access } from '../policy/access.js';
import type { Policy } from '../policy/policy.js';
import type { DeclaredResource } from '../route/declarations.js';
import type { RouteDeclaration } from '../route/nova-route.js';
import type { AuditReason } from '../route/api-features.js';
import type { PythonValue } from '../python/json.js';
import type { OwnedItem } from '../route/item-finder.js';
import type { Server } from '../servers/server.js';
import type { NovaUrl } from '../url/nova-url.js';
import type { Destination } from './admission.hook.js';

/**
 * The data of one request that hooks and guards share. Each hook or guard sets one or two of the properties, in the
 * order below. It may read the properties that earlier ones have set.
 */
export interface Exchange {
  readonly requestId: string;
  readonly url: NovaUrl;
  destination?: Destination;
  /**
   * Set for a request that the service passes on to nova-api. `bodyLength` is the number of bytes of nova-api's
   * response body that the service has already sent to the client.
   */
  upstream?: { bodyLength: number };
  context?: RequestContext;
  /** The declarations of the route and its resource; undefined for a route that is not part of the API. */
  route?: RouteDeclaration;
  resource?: DeclaredResource;
  /**
   * The requested microversion. A version that the service does not support is stored as well, because the headers of
   * the 406 response contain it.
   */
  version?: Microversion;
  /** The JSON in the body; undefined without a body, and for a route that ignores the body. */
  json?: PythonValue | undefined;
  /** The checked body: an instance of the body class that the route has for the microversion, or lines. */
  body?: object;
  /** The checked query: an instance of the query class that the route has for the microversion. */
  query?: object;
  /** The declared headers that the request has, by the names in the declaration. */
  headers?: Readonly<Record<string, string>>;
  server?: Server;
  /** The item that the URL names. */
  item?: OwnedItem;
  access?: Access;
  /** Set for a route with `laterPolicies`. */
  enforce?: EnforcePolicy;
  /** Set if the audit log has a line about the request. `items` is the number of items in the response so far. */
  audited?: { readonly reason: AuditReason; readonly address: string; items: number };
  /** Set if the client requests lines. Aborted if the service shuts down. */
  lines?: AbortController;
}

/**
 * Enforces a policy that the route declares in `laterPolicies`, for the same target as the other policies of the route.
 *
 * @throws Forbidden if the policy does not allow the request to the caller
 */
export type EnforcePolicy = (policy: Policy) => void;

declare module 'fastify' {
  interface FastifyRequest {
    nova: Exchange;
  }
}

/**
 * Returns a value that an earlier hook or guard has stored.
 *
 * @throws Error if the value is absent, which means that hooks or guards run in the wrong order
 */
export function exchangeValue<Name extends keyof Exchange>(
  request: FastifyRequest,
  name: Name,
): NonNullable<Exchange[Name]> {
  const value = request.nova[name];
  if (value === undefined) throw new Error(`the request has no ${name} yet`);
  return value;
}
