import type { FastifyReply, FastifyRequest } from 'fastify';
import { LEGACY_VERSION_HEADER, VERSION_HEADER } from '../microversion/negotiation.js';
import { addVary } from './response-headers.js';

const VARY = `${VERSION_HEADER}, ${LEGACY_VERSION_HEADER}`;

/** Adds the headers with the negotiated microversion. Adds none before the negotiation, or to responses below `/v2`. */
export function addVersionHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const { version, url } = request.nova;
  if (version === undefined || url.root === 'v2') return;
  void reply.header(VERSION_HEADER, `compute ${version}`);
  void reply.header(LEGACY_VERSION_HEADER, version.toString());
  addVary(reply, VARY);
}
