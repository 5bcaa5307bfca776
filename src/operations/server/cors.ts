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
    // Those that any page may send.
    'Accept',
    'Content-Type',
    'Cache-Control',
    'Content-Language',
    'Expires',
    'Last-Modified',
    'Pragma',
  ].map((name) => name.toLowerCase()),
);

/** How long a browser may remember what it was told, in seconds. */
const MAX_AGE = 3600;

/**
 * Lets pages of other origins use the service from a browser, as oslo.middleware does for OpenStack's services.
 *
 * @param origins none for no such pages, `*` for all
 * @param isFacade whether OPTIONS requests, which no route of ours takes, are for the Nova behind to answer
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
      // Everybody's pages are not trusted with what a browser sends of its own accord.
      .headers(known.has(origin) ? { 'Access-Control-Allow-Credentials': 'true' } : {});
    if (request.method !== 'OPTIONS') {
      void reply.header('Access-Control-Expose-Headers', EXPOSED.join(','));
    } else if (!isFacade && answersPreflight(request, reply)) {
      return;
    }
    done();
  };
}

/** A browser asks beforehand, without a token, whether it may send a request. @returns whether it was answered */
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
