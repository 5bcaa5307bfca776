import type { onRequestHookHandler } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isConnectionRejected, rejectConnection } from '../../common/http/rejected-connection.js';
import { closeWhenRead, hasBody, hasKnownCoding } from '../../common/http/unread-body.js';
import { AmbiguousRequest } from '../fault/faults.js';
import { isHost } from '../url/host.js';
import { type NovaUrl, parseNovaUrl } from '../url/nova-url.js';

/** Where the hook before routing leaves what the next one reads: at that time there is no request but Node's. */
const PARSED_URL = Symbol('parsed URL');

interface Incoming extends IncomingMessage {
  [PARSED_URL]?: NovaUrl;
}

/** Fastify calls it before routing: from the URL as sent to the one that our routes are declared with. */
export function rewriteUrl(request: Incoming): string {
  const url = parseNovaUrl(request.url ?? '/');
  request[PARSED_URL] = url;
  return url.query === '' ? url.route : `${url.route}?${url.query}`;
}

/** Gives every request its id, and refuses one that two servers could take for two different requests. */
export const arrive: onRequestHookHandler = (request, reply, done) => {
  const raw: Incoming = request.raw;
  if (hasBody(raw)) closeWhenRead(raw);
  const requestId = `req-${randomUUID()}`;
  request.nova = { requestId, url: raw[PARSED_URL] ?? parseNovaUrl(raw.url ?? '/') };
  void reply.header('x-openstack-request-id', requestId).header('x-compute-request-id', requestId);
  if (isConnectionRejected(raw.socket)) {
    // The request before this one was ambiguous, so this may be a part of its body. The connection is being closed.
    reply.hijack();
  } else if (!hasKnownCoding(raw)) {
    rejectConnection(reply.raw);
    done(new AmbiguousRequest('The transfer coding of the request is not supported.'));
  } else if (!namesOneHost(raw) || !areHosts(raw.headers.host ?? '', request.host)) {
    // Links contain either the header, or in its place what a trusted proxy says in `X-Forwarded-Host`.
    rejectConnection(reply.raw);
    done(new AmbiguousRequest('The Host header is missing, repeated or invalid.'));
  } else {
    done();
  }
};

function areHosts(header: string, host: string): boolean {
  return isHost(header) && (host === header || isHost(host));
}

/** Two servers might each take another one of two hosts. Only HTTP/1.0 does without a host. */
function namesOneHost({ rawHeaders, httpVersion }: IncomingMessage): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.length === 4 && rawHeaders[index]?.toLowerCase() === 'host') hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
}
