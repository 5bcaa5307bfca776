import type { FastifyRequest } from 'fastify';
import { BadRequest, UnsupportedMediaType } from '../fault/faults.js';
import { OLDEST_MICROVERSION } from '../microversion/microversion.js';
import { checkSupported, requestedVersion } from '../microversion/negotiation.js';
import { found } from './exchange.js';

/**
 * Checks what every request to Nova must agree on, in Nova's order: the microversion (under `/v2` there are none), the
 * content type, and the project id in the URL.
 *
 * @throws BadRequest, NotAcceptable for a version that is no version, or none of ours
 * @throws UnsupportedMediaType for a body of a type that Nova does not read, whether there is a body or not
 * @throws BadRequest when the project id in the URL is not the caller's own
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
  if (projectId !== undefined) checkProjectId(projectId, found(request, 'context').projectId);
}

const READABLE = new Set(['application/json', 'application/vnd.openstack.compute+json', 'text/plain']);

function checkProjectId(named: string, own: string | null): void {
  if (named === own) return;
  throw new BadRequest(
    `Malformed request URL: URL's project_id '${named}' doesn't match Context's project_id '${own ?? 'None'}'`,
  );
}
