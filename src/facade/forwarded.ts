import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../common/plain-address.js';
import { trimEnd } from '../common/trim-end.js';
import type { Header } from './headers.js';

/** The origin of a request according to Fastify, which uses the `X-Forwarded-*` headers of trusted proxies. */
type Origin = Pick<FastifyRequest, 'ip' | 'ips' | 'protocol' | 'host'>;

/**
 * Returns the headers by which Nova's oslo.middleware gets the client's address and the address that it used.
 * `X-Forwarded-For` contains the client and the trusted proxies. It does not contain addresses that only an untrusted
 * peer has reported.
 *
 * @param publicUrl the address that clients use (PUBLIC_URL), possibly with a path
 */
export function forwardedHeaders(origin: Origin, publicUrl: string | undefined): Header[] {
  // Fastify lists the peer first and the client last. The header needs the opposite order.
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
