import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../common/plain-address.js';
import { trimEnd } from '../common/trim-end.js';
import type { Header } from './headers.js';

/** What Fastify has found out of where a request comes from; of a trusted proxy it believes `X-Forwarded-*`. */
type Origin = Pick<FastifyRequest, 'ip' | 'ips' | 'protocol' | 'host'>;

/**
 * Tells Nova who asked and for which address, in the headers that oslo.middleware reads. Of the addresses before
 * the client's none is told that only an untrusted one vouches for.
 *
 * @param publicUrl the address that clients use, where the settings say so; may carry a path
 */
export function forwardedHeaders(origin: Origin, publicUrl: string | undefined): Header[] {
  // Nearest first: the peer, then whoever it asks for, as far as each is trusted.
  const [...path] = origin.ips ?? [origin.ip];
  const client: Header = ['X-Forwarded-For', path.reverse().map(plainAddress).join(', ')];
  const [, scheme = '', host = '', prefix = ''] = /^(\w+):\/\/([^/]*)(\/.*)?$/.exec(publicUrl ?? '') ?? [];
  const asked: Header[] = [
    ['X-Forwarded-Proto', scheme || (origin.protocol === 'https' ? 'https' : 'http')],
    ['X-Forwarded-Host', host || origin.host],
    ['X-Forwarded-Prefix', trimEnd(prefix, '/')],
  ];
  return [client, ...asked.filter(([, value]) => value !== '')];
}
