import type { FastifyReply } from 'fastify';

/**
 * Returns the JSON text of a response body. It sets a serializer, because Fastify would otherwise add a charset to the
 * Content-Type, which Nova does not send here.
 */
export function jsonBody(reply: FastifyReply, body: object): string {
  void reply.header('Content-Type', 'application/json').serializer(String);
  return JSON.stringify(body);
}
