import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { errorCode } from '../../common/error-code.js';
import { isEveryAddress } from '../../common/is-loopback.js';

/** The errors of a system without IPv6. */
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Returns the address to listen on for a HOST. `::` means all IPv6 and IPv4 addresses, so it becomes `0.0.0.0` on a
 * machine without IPv6. `localhost` becomes `127.0.0.1`: Fastify would open a second server for `::1`, without
 * connection limits.
 */
export async function addressToListenOn(host: string): Promise<string> {
  if (host === 'localhost') return '127.0.0.1';
  if (isIP(host) !== 6 || !isEveryAddress(host)) return host;
  // Exclusive: otherwise the parent process would open the socket for the worker and share it.
  const probe = createServer().listen({ host, port: 0, exclusive: true });
  try {
    await once(probe, 'listening');
    return host;
  } catch (error) {
    // Any other error occurs again when the service listens, and is reported then.
    return NO_IPV6.has(errorCode(error)) ? '0.0.0.0' : host;
  } finally {
    probe.close();
  }
}
