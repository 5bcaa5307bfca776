import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Authenticator } from '../../identity/authenticator.js';
import { Unauthorized } from '../fault/faults.js';
import type { Exchange } from './exchange.js';
import { isApi, type NovaUrl, parseNovaUrl, quotePath } from './nova-url.js';
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
 * What happens to every request, whether a route matches or not: it gets its id, and within the API its
 * caller. Where the caller is not known, nothing else of the request is looked at.
 *
 * @param upstream takes what is not ours, before any of that: who asks is then for Nova to say
 */
export function registerHooks(
  fastify: FastifyInstance,
  authenticator: Authenticator,
  upstream: Upstream | undefined,
): void {
  fastify.decorateRequest('nova', null as unknown as Exchange);
  fastify.addHook('onRequest', async (request: FastifyRequest, reply: FastifyReply) => {
    const raw: Incoming = request.raw;
    const url = raw[PARSED_URL] ?? parseNovaUrl(raw.url ?? '/');
    const requestId = `req-${randomUUID()}`;
    request.nova = { requestId, url };
    void reply.header('x-openstack-request-id', requestId).header('x-compute-request-id', requestId);
    if (upstream !== undefined && !isOurs(request)) {
      await upstream.passOn(request, reply);
      return reply;
    }
    if (!isApi(url)) return undefined;
    const { headers } = request;
    const context = await authenticator.authenticate({
      token: single(headers['x-auth-token']) ?? single(headers['x-storage-token']),
      serviceToken: single(headers['x-service-token']),
      method: request.method,
      path: quotePath(url.path),
    });
    if (context === undefined) throw new Unauthorized();
    request.nova.context = context;
    return undefined;
  });
}

/** An empty header counts as none. Headers that a caller sends to claim an identity are read nowhere. */
function single(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(', ') : value;
  return text === undefined || text.trim() === '' ? undefined : text;
}
