import type { FastifyRequest } from 'fastify';
import { BadRequest, UnsupportedMediaType } from '../fault/faults.js';
import { OLDEST_MICROVERSION } from '../microversion/microversion.js';
import { checkSupported, requestedVersion } from '../microversion/negotiation.js';
import { exchangeValue } from './exchange.js';

/**
 * Checks the microversion, the Content-Type and the project id in the URL, in Nova's order. Requests below `/v2` have
 * the oldest microversion.
 *
 * @throws BadRequest for a malformed microversion
 * @throws NotAcceptable for a microversion that the service does not support
 * @throws UnsupportedMediaType for a Content-Type that Nova does not read, even if there is no body
 * @throws BadRequest if the project id in the URL is not the caller's own
 */
export function checkNovaRequest(request: FastifyRequest): void {
  const { root, projectId } = request.nova.url;
  if (root === 'v2') {
    request.nova.version = OLDEST_MICROVERSION;
  } else {
    request.nova.version = requestedVersion(request.headers);
    checkSupported(request.nova.version);
  }
  const contentType = request.headers['content-type']?.split(';')[0]?.trim();
  if (contentType && !READABLE.has(contentType)) throw new UnsupportedMediaType();
  if (projectId !== undefined) checkProjectId(projectId, exchangeValue(request, 'context').projectId);
}

const READABLE = new Set(['application/json', 'application/vnd.openstack.compute+json', 'text/plain']);

function checkProjectId(inUrl: string, own: string | null): void {
  if (inUrl === own) return;
  throw new BadRequest(
    `Malformed request URL: URL's project_id '${inUrl}' doesn't match Context's project_id '${own ?? 'None'}'`,
  );
}
