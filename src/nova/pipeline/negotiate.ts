import type { FastifyRequest } from 'fastify';
import { UnsupportedMediaType } from '../fault/faults.js';
import { OLDEST } from '../microversion/microversion.js';
import { checkSupported, requestedVersion } from '../microversion/negotiation.js';

/**
 * Finds the microversion that the request is answered in; under `/v2` there are none.
 *
 * @throws BadRequest, NotAcceptable for a version that is no version, or none of ours
 * @throws UnsupportedMediaType for a body of a type that Nova does not read, whether there is a body or not
 */
export function negotiate(request: FastifyRequest): void {
  if (request.nova.url.root === 'v2') {
    request.nova.version = OLDEST;
  } else {
    request.nova.version = requestedVersion(request.headers);
    checkSupported(request.nova.version);
  }
  const contentType = request.headers['content-type']?.split(';')[0]?.trim();
  if (contentType && !READABLE.has(contentType)) throw new UnsupportedMediaType();
}

const READABLE = new Set(['application/json', 'application/vnd.openstack.compute+json', 'text/plain']);
