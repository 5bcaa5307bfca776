import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type Authenticator, type AuthRequest, Token } from '../../identity/authenticator.js';
import { AmbiguousRequest, Forbidden, Unauthorized } from '../fault/faults.js';
import type { Admission, Destination } from './admission.js';
import { isConnectionRefused, refuseConnection } from '../../common/http/refused-connection.js';
import type { Exchange } from './exchange.js';
import { isHost } from '../url/host.js';
import { isApi, type NovaUrl, parseNovaUrl, quotePath } from '../url/nova-url.js';
import { closeWhenRead, hasBody, hasKnownCoding } from '../../common/http/unread-body.js';
import { isOurs, type Upstream } from './upstream.js';

/** Where the hook before routing leaves what the next one reads: at that time there is no request but Node's. */
const PARSED_URL = Symbol('parsed URL');

interface Incoming extends IncomingMessage {
  [PARSED_URL]?: NovaUrl;
}

/** Fastify's hook before routing: from the URL as sent to the one that our routes are declared with. */
export function rewriteUrl(request: Incoming): string {
  const url = parseNovaUrl(request.url ?? '/');
  request[PARSED_URL] = url;
  return url.query === '' ? url.route : `${url.route}?${url.query}`;
}

/**
 * What happens first to every request, whether a route matches or not, and before anything answers it: it gets its
 * id, and goes no further if two servers could take it for two different requests.
 */
export function registerArrival(fastify: FastifyInstance): void {
  fastify.decorateRequest('nova', null as unknown as Exchange);
  fastify.addHook('onRequest', (request, reply, done) => {
    const raw: Incoming = request.raw;
    if (hasBody(raw)) closeWhenRead(raw);
    const requestId = `req-${randomUUID()}`;
    request.nova = { requestId, url: raw[PARSED_URL] ?? parseNovaUrl(raw.url ?? '/') };
    void reply.header('x-openstack-request-id', requestId).header('x-compute-request-id', requestId);
    if (isConnectionRefused(raw.socket)) {
      // The request before this one was ambiguous, so this may be a part of its body. The connection is being closed.
      reply.hijack();
    } else if (!hasKnownCoding(raw)) {
      refuseConnection(reply.raw);
      done(new AmbiguousRequest('The transfer coding of the request is not supported.'));
    } else if (!namesOneHost(raw) || ![raw.headers.host ?? '', request.host].every(isHost)) {
      // Both stand in links: the header, and in its place what a trusted proxy says in `X-Forwarded-Host`.
      refuseConnection(reply.raw);
      done(new AmbiguousRequest('The Host header is missing, repeated or invalid.'));
    } else {
      done();
    }
  });
}

/**
 * What happens to every request then: it is taken or not, and within the API it gets its caller. Where the caller is
 * not known, nothing else of the request is looked at.
 *
 * @param upstream takes what is not ours, before any of that: who asks is then for Nova to say
 * @param admission says which requests are taken at all
 */
export function registerAdmission(
  fastify: FastifyInstance,
  authenticator: Authenticator,
  upstream: Upstream | undefined,
  admission: Admission | undefined,
): void {
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const { url } = request.nova;
    const isPassedOn = upstream !== undefined && !isOurs(request);
    const destination = isPassedOn ? 'upstream' : destinationOf(request);
    admission?.onArrival(request, reply, destination);
    const turn = admission?.turn(destination);
    if (turn !== undefined) await turn;
    if (isPassedOn) {
      request.nova.upstream = { bodyLength: 0 };
      // The parser goes on to the body only now. What it refuses there and then must not reach nova-api.
      await Promise.resolve();
      if (isConnectionRefused(request.raw.socket) && !request.raw.complete) return reply.hijack();
      await upstream.passOn(request, reply);
      return reply;
    }
    if (destination === 'operations') return undefined;
    if (destination === 'page') {
      await admission?.afterIdentity(request, reply);
      return undefined;
    }
    const { headers } = request;
    const authRequest: AuthRequest = {
      token: tokenOf(headers['x-auth-token']) ?? tokenOf(headers['x-storage-token']),
      serviceToken: tokenOf(headers['x-service-token']),
      method: request.method,
      path: quotePath(url.path),
    };
    const looking = admission?.beforeIdentity(request, reply, () => authenticator.isCached(authRequest));
    if (looking !== undefined) await looking;
    const context = await authenticator.authenticate(authRequest);
    if (context !== undefined) request.nova.context = context;
    const counting = admission?.afterIdentity(request, reply);
    if (counting !== undefined) await counting;
    if (context === undefined) throw new Unauthorized();
    if (request.routeOptions.config.access === undefined && !request.is404) {
      throw new Forbidden('a route that declares no access');
    }
    return undefined;
  });
}

/** What the route does not open to everybody needs a caller. Only for a path without a route the path decides. */
function destinationOf({ nova: { url }, routeOptions, is404 }: FastifyRequest): Destination {
  const { access } = routeOptions.config;
  if (is404 || access === 'by path') return isApi(url) ? 'api' : 'page';
  if (access === 'public') return 'page';
  return access === 'operations' ? access : 'api';
}

/** Two servers might each take another one of two hosts. Only HTTP/1.0 does without a host. */
function namesOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}

/** An empty header counts as none. No code reads the headers in which a caller claims an identity, such as `X-User-Id`. */
function tokenOf(value: string | string[] | undefined): Token | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return text === undefined || text.trim() === '' ? undefined : new Token(text);
}
