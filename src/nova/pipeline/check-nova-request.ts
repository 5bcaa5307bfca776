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

/** @throws UnsupportedMediaType if the body of an `ApiRoute` is compressed, or has another charset than UTF-8 */
export function checkCoding({ headers }: FastifyRequest): void {
  const { 'content-encoding': encoding = 'identity', 'content-type': type = '' } = headers;
  if (encoding.toLowerCase() !== 'identity')
    throw new UnsupportedMediaType(
      'The service does not read compressed bodies. Send it without Content-Encoding.',
    );
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(type)?.[1] ?? 'utf-8';
  if (!/^utf-?8$/i.test(charset)) throw new UnsupportedMediaType('The charset of the body must be UTF-8.');
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
