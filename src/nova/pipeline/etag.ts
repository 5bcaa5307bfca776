import type { FastifyReply, FastifyRequest } from 'fastify';
import { entityTag, namesTag } from '../../common/http/entity-tag.js';
import { addVary, exposeHeader } from './response-headers.js';

/**
 * The error if the client already has the response. It is an error, because Nest gives the results of handlers the
 * status of the route.
 */
export class NotModified extends Error {}

/**
 * Adds the entity tag of a response. The response depends on the token, because the roles of the caller decide about
 * its fields.
 *
 * @throws NotModified if the client already has the response
 */
export function addEtag(request: FastifyRequest, reply: FastifyReply, body: string): void {
  const tag = entityTag(body);
  void reply.header('ETag', tag);
  exposeHeader(reply, 'ETag');
  addVary(reply, 'X-Auth-Token');
  if (namesTag(request.headers['if-none-match'], tag)) throw new NotModified();
}

/** Sends a response without a body that tells the client to use the response that it has. */
export function sendNotModified(reply: FastifyReply): void {
  void reply.removeHeader('Content-Type').status(304).send();
}
