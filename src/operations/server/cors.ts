import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import { hasProblems } from '../../nova/fault/problem.js';
import type { ServedRoutesAdapter } from '../../nova/route/served-routes-adapter.js';

/** The registered routes of the service. */
type Routes = Pick<ServedRoutesAdapter, 'routesFor'>;

/** The methods that browsers may use: those that Nova allows by default. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];
const VERSION_HEADERS = ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'];
/** The response headers that scripts may read: those of Nova's default, of microversions and of the rate limit. */
const EXPOSED = [
  'X-Auth-Token',
  'X-Openstack-Request-Id',
  'X-Subject-Token',
  'X-Service-Token',
  ...VERSION_HEADERS,
  'X-Compute-Request-Id',
  'Retry-After',
  'RateLimit-Limit',
  'RateLimit-Remaining',
  'RateLimit-Reset',
];
/** The request headers that scripts may send to any path: those of Nova's default, and of microversions. */
const ALLOWED = new Set(
  [
    'X-Auth-Token',
    'X-Openstack-Request-Id',
    'X-Identity-Status',
    'X-Roles',
    'X-Service-Catalog',
    'X-User-Id',
    'X-Tenant-Id',
    ...VERSION_HEADERS,
    // The next headers are those that browsers always allow (CORS-safelisted), as oslo.middleware lists them.
    'Accept',
    'Content-Type',
    'Cache-Control',
    'Content-Language',
    'Expires',
    'Last-Modified',
    'Pragma',
  ].map((name) => name.toLowerCase()),
);

/** Seconds for which a browser may cache the response to a preflight request. */
const MAX_AGE = 3600;

/**
 * Returns the hook that lets web pages of other origins use the API (CORS), as oslo.middleware does in OpenStack's
 * services.
 *
 * @param origins the allowed origins; `*` allows all
 * @param isFacade true if nova-api handles OPTIONS requests for the paths of Nova's API
 * @param routes the routes, which may declare further request headers
 * @returns undefined if no origin is allowed
 */
export function allowOrigins(
  origins: readonly string[],
  isFacade: boolean,
  routes: Routes,
): onRequestHookHandler | undefined {
  if (origins.length === 0) return undefined;
  const known = new Set(origins);
  return (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || !(known.has(origin) || known.has('*'))) {
      done();
      return;
    }
    void reply
      .header('Vary', 'Origin')
      .header('Access-Control-Allow-Origin', origin)
      // If only `*` in CORS_ORIGINS allows the origin, the response does not allow credentials. Otherwise any page
      // could use the credentials of a user.
      .headers(known.has(origin) ? { 'Access-Control-Allow-Credentials': 'true' } : {});
    if (request.method !== 'OPTIONS') {
      void reply.header('Access-Control-Expose-Headers', EXPOSED.join(','));
    } else if ((!isFacade || hasProblems(request.nova.url.path)) && sendPreflight(request, reply, routes)) {
      return;
    }
    done();
  };
}

/**
 * Responds to a preflight request if its method and headers are allowed. No token is needed, because browsers send none
 * with a preflight request.
 *
 * @returns true if it has sent the response
 */
function sendPreflight(
  { headers, nova: { url } }: FastifyRequest,
  reply: FastifyReply,
  routes: Routes,
): boolean {
  const method = headers['access-control-request-method'];
  const names = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim());
  const wanted = names.filter((name) => name !== '');
  if (method === undefined || !METHODS.includes(method)) return false;
  const declared = routes.routesFor(url.path).flatMap(({ requestHeaders }) => requestHeaders);
  const allowed = new Set([...ALLOWED, ...declared.map((name) => name.toLowerCase())]);
  if (!wanted.every((name) => allowed.has(name.toLowerCase()))) return false;
  void reply
    .header('Access-Control-Max-Age', String(MAX_AGE))
    .header('Access-Control-Allow-Methods', method)
    .headers(wanted.length > 0 ? { 'Access-Control-Allow-Headers': wanted.join(',') } : {})
    .status(200)
    .send();
  return true;
}
