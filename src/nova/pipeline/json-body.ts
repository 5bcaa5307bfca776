import type { FastifyReply } from 'fastify';

/**
 * Returns the JSON text of a response body. Setting a serializer keeps Fastify from adding a charset, which Nova omits
 * here.
 */
export function jsonBody(reply: FastifyReply, body: object): string {
  void reply.header('Content-Type', 'application/json').serializer(String);
  return JSON.stringify(body);
}
