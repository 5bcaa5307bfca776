import type { FastifyReply } from 'fastify';

/** JSON as bytes: to a text, Fastify would add a charset that Nova does not name here. */
export function jsonBody(reply: FastifyReply, body: object): Buffer {
  void reply.header('Content-Type', 'application/json');
  return Buffer.from(JSON.stringify(body));
}
