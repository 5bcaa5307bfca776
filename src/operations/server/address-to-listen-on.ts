import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { errorCode } from '../../common/error-code.js';
import { isEveryAddress } from '../../common/is-loopback.js';

/** The errors of a system without IPv6. */
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * The address for a HOST. `::` means the addresses of both families, so it becomes `0.0.0.0` on a machine without IPv6.
 * `localhost` becomes 127.0.0.1: for `::1` Fastify would open a second server, to which no limit applies.
 */
export async function addressToListenOn(host: string): Promise<string> {
  if (host === 'localhost') return '127.0.0.1';
  if (isIP(host) !== 6 || !isEveryAddress(host)) return host;
  // Exclusive: a worker must not share this socket through its parent.
  const probe = createServer().listen({ host, port: 0, exclusive: true });
  try {
    await once(probe, 'listening');
    return host;
  } catch (error) {
    // The service meets any other error again when it listens, and reports it there.
    return NO_IPV6.has(errorCode(error)) ? '0.0.0.0' : host;
  } finally {
    probe.close();
  }
}
