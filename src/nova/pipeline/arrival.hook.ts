import type { onRequestHookHandler } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isConnectionRejected, rejectConnection } from '../../common/http/rejected-connection.js';
import { closeWhenRead, hasBody, hasKnownCoding } from '../../common/http/unread-body.js';
import { AmbiguousRequest } from '../fault/faults.js';
import { isValidHost } from '../url/host.js';
import { type NovaUrl, parseNovaUrl } from '../url/nova-url.js';

/**
 * The property in which `rewriteUrl` stores the parsed URL for `arrive`. Fastify creates its request object only after
 * routing, so the URL cannot be stored there.
 */
const PARSED_URL = Symbol('parsed URL');

interface Incoming extends IncomingMessage {
  [PARSED_URL]?: NovaUrl;
}

/**
 * Returns the URL that Fastify uses for routing: without a project id, and with `/v2.1` for `/v2`. Fastify calls this
 * function before all hooks.
 */
export function rewriteUrl(request: Incoming): string {
  const url = parseNovaUrl(request.url ?? '/');
  request[PARSED_URL] = url;
  return url.query === '' ? url.route : `${url.route}?${url.query}`;
}

/**
 * Gives every request an id. Rejects an ambiguous request, which a proxy before this service could read differently.
 */
export const arrive: onRequestHookHandler = (request, reply, done) => {
  const raw: Incoming = request.raw;
  if (hasBody(raw)) closeWhenRead(raw);
  const requestId = `req-${randomUUID()}`;
  request.nova = { requestId, url: raw[PARSED_URL] ?? parseNovaUrl(raw.url ?? '/') };
  void reply.header('x-openstack-request-id', requestId).header('x-compute-request-id', requestId);
  if (isConnectionRejected(raw.socket)) {
    // The previous request on this connection was ambiguous, so this one may be a part of its body. The service is
    // already closing the connection, so it sends no response.
    reply.hijack();
  } else if (!hasKnownCoding(raw)) {
    rejectConnection(reply.raw);
    done(new AmbiguousRequest('The transfer coding of the request is not supported.'));
  } else if (!hasOneHostHeader(raw) || !areValidHosts(raw.headers.host ?? '', request.host)) {
    // Links in responses contain either the client's Host or a trusted proxy's `X-Forwarded-Host`, so both must be
    // valid.
    rejectConnection(reply.raw);
    done(new AmbiguousRequest('The Host header is missing, repeated or invalid.'));
  } else {
    done();
  }
};

function areValidHosts(header: string, host: string): boolean {
  return isValidHost(header) && (host === header || isValidHost(host));
}

/**
 * Returns true if the request has exactly one Host header, or none in HTTP/1.0. If it had two, a proxy and this service
 * could use different ones.
 */
function hasOneHostHeader({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}
