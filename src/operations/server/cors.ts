import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';

/** Nova's own lists, with the headers of microversions and of the rate limit. */
const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'];
const VERSION_HEADERS = ['OpenStack-API-Version', 'X-OpenStack-Nova-API-Version'];
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
    // Headers that any page may send.
    'Accept',
    'Content-Type',
    'Cache-Control',
    'Content-Language',
    'Expires',
    'Last-Modified',
    'Pragma',
  ].map((name) => name.toLowerCase()),
);

/** How long a browser may cache the answer to a preflight request, in seconds. */
const MAX_AGE = 3600;

/**
 * Lets pages of other origins use the service from a browser, as oslo.middleware does for OpenStack's services.
 *
 * @param origins an empty list allows no other origin, `*` allows all
 * @param isFacade whether nova-api answers OPTIONS requests, for which the service has no routes
 * @returns undefined without origins
 */
export function allowOrigins(
  origins: readonly string[],
  isFacade: boolean,
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
      // `*` allows no credentials: a browser would send them on behalf of any page.
      .headers(known.has(origin) ? { 'Access-Control-Allow-Credentials': 'true' } : {});
    if (request.method !== 'OPTIONS') {
      void reply.header('Access-Control-Expose-Headers', EXPOSED.join(','));
    } else if (!isFacade && answersPreflight(request, reply)) {
      return;
    }
    done();
  };
}

/** Answers a preflight request, which carries no token, if the method and headers are allowed. @returns whether it did */
function answersPreflight({ headers }: FastifyRequest, reply: FastifyReply): boolean {
  const method = headers['access-control-request-method'];
  const names = (headers['access-control-request-headers'] ?? '').split(',').map((name) => name.trim());
  const wanted = names.filter((name) => name !== '');
  if (method === undefined || !METHODS.includes(method)) return false;
  if (!wanted.every((name) => ALLOWED.has(name.toLowerCase()))) return false;
  void reply
    .header('Access-Control-Max-Age', String(MAX_AGE))
    .header('Access-Control-Allow-Methods', method)
    .headers(wanted.length > 0 ? { 'Access-Control-Allow-Headers': wanted.join(',') } : {})
    .status(200)
    .send();
  return true;
}
