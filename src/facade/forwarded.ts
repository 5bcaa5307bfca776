import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../common/plain-address.js';
import { trimEnd } from '../common/trim-end.js';
import type { Header } from './headers.js';

/**
 * The client's address, and the scheme and host of the request, as Fastify determines them: from the connection, or
 * from the `X-Forwarded-*` headers of trusted proxies.
 */
type Origin = Pick<FastifyRequest, 'ip' | 'ips' | 'protocol' | 'host'>;

/**
 * Returns the `X-Forwarded-*` headers of a request that the service passes to nova-api. Nova's oslo.middleware reads
 * from them the address of the client, and the URL to which the client sent the request. `X-Forwarded-For` contains the
 * client and the trusted proxies, but no address that only an untrusted peer has reported.
 *
 * @param publicUrl the URL at which clients reach the service (PUBLIC_URL), possibly with a path
 */
export function forwardedHeaders(origin: Origin, publicUrl: string | undefined): Header[] {
  // Fastify lists the peer of the connection first and the client last. The header needs the opposite order.
  const [...path] = origin.ips ?? [origin.ip];
  const client: Header = ['X-Forwarded-For', path.reverse().map(plainAddress).join(', ')];
  const [, scheme = '', host = '', prefix = ''] = /^(\w+):\/\/([^/]*)(\/.*)?$/.exec(publicUrl ?? '') ?? [];
  const requested: Header[] = [
    ['X-Forwarded-Proto', scheme || (origin.protocol === 'https' ? 'https' : 'http')],
    ['X-Forwarded-Host', host || origin.host],
    ['X-Forwarded-Prefix', trimEnd(prefix, '/')],
  ];
  return [client, ...requested.filter(([, value]) => value !== '')];
}
