import type { FastifyReply, FastifyRequest } from 'fastify';
import { isoTime } from '../../database/rows/time.js';
import { COPY_HEADER } from '../servers/fallback.js';
import { exposeHeader } from './response-headers.js';

/**
 * Adds a header to a response about a server whose rows are from the copy. The header contains the start of the last
 * reading of the server's cell, if it is known. The copy has all older changes. Responses with Nova's rows have no such header.
 */
export function addCopyHeader(request: FastifyRequest, reply: FastifyReply): void {
  const state = request.nova.server?.copiedState;
  if (state === undefined) return;
  const time = isoTime(state.asOf);
  void reply.header(COPY_HEADER, time === null ? 'copy' : `copy; as_of="${time}Z"`);
  exposeHeader(reply, COPY_HEADER);
}
