import type { FastifyReply } from 'fastify';

/** JSON as it is to be sent. With a serialiser of its own Fastify adds no charset, which Nova does not name here. */
export function jsonBody(reply: FastifyReply, body: object): string {
  void reply.header('Content-Type', 'application/json').serializer(String);
  return JSON.stringify(body);
}
