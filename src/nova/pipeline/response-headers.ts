import type { FastifyReply } from 'fastify';
import type { PageLinks } from '../route/api-features.js';

const CORS_HEADER = 'Access-Control-Expose-Headers';

/** Adds names of request headers on which the response depends. */
export function addVary(reply: FastifyReply, names: string): void {
  const before = reply.getHeader('Vary');
  void reply.header('Vary', before === undefined ? names : `${String(before)}, ${names}`);
}

/** Lets scripts of other origins read a header of the response, if they may read the response. */
export function exposeHeader(reply: FastifyReply, name: string): void {
  const exposed = reply.getHeader(CORS_HEADER);
  if (exposed !== undefined) void reply.header(CORS_HEADER, `${String(exposed)},${name}`);
}

/** Adds the header `Link` (RFC 8288) with the addresses of other pages. */
export function addLinks(reply: FastifyReply, { next, previous }: PageLinks): void {
  const links = Object.entries({ next, prev: previous })
    .filter(([, address]) => address !== undefined)
    .map(([rel, address]) => `<${String(address)}>; rel="${rel}"`);
  if (links.length === 0) return;
  void reply.header('Link', links.join(', '));
  exposeHeader(reply, 'Link');
}
