import type { FastifyRequest } from 'fastify';
import { BadRequest, UnsupportedMediaType } from '../fault/faults.js';
import { OLDEST_MICROVERSION } from '../microversion/microversion.js';
import { checkSupported, requestedVersion } from '../microversion/negotiation.js';
import { exchangeValue } from './exchange.js';

/**
 * Checks a request whose body Nova ignores, in Nova's order.
 *
 * @throws the same errors as `checkHeaders` and `checkProject`
 */
export function checkNovaRequest(request: FastifyRequest): void {
  checkHeaders(request);
  checkProject(request);
}

/**
 * Checks the microversion and the Content-Type. Requests below `/v2` have the oldest microversion.
 *
 * @throws BadRequest for a malformed microversion
 * @throws NotAcceptable for a microversion that the service does not support
 * @throws UnsupportedMediaType as `checkContentType` does
 */
export function checkHeaders(request: FastifyRequest): void {
  const { root } = request.nova.url;
  if (root === 'v2') {
    request.nova.version = OLDEST_MICROVERSION;
  } else {
    request.nova.version = requestedVersion(request.headers);
    checkSupported(request.nova.version);
  }
  checkContentType(request);
}

/**
 * @throws UnsupportedMediaType for a Content-Type that Nova does not read, even if there is no body. As in Nova, the
 *   type must not have a space before the semicolon.
 */
export function checkContentType({ headers }: FastifyRequest): void {
  const contentType = headers['content-type']?.split(';')[0];
  if (contentType && !READABLE.has(contentType)) throw new UnsupportedMediaType();
}

const READABLE = new Set(['application/json', 'application/vnd.openstack.compute+json', 'text/plain']);

/** @throws BadRequest if the project id in the URL is not the caller's own */
export function checkProject(request: FastifyRequest): void {
  const { projectId: inUrl } = request.nova.url;
  if (inUrl === undefined) return;
  const { projectId: own } = exchangeValue(request, 'context');
  if (inUrl === own) return;
  throw new BadRequest(
    `Malformed request URL: URL's project_id '${inUrl}' doesn't match Context's project_id '${own ?? 'None'}'`,
  );
}
