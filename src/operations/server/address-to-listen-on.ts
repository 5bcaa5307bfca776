import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { errorCode } from '../../common/error-code.js';
import { isEveryAddress } from '../../common/is-loopback.js';

/** The codes of the errors with which a system without IPv6 rejects an IPv6 address. */
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Returns the address on which to listen, for a value of HOST. `::` means all IPv6 and IPv4 addresses; on a machine
 * without IPv6 it becomes `0.0.0.0`. `localhost` becomes `127.0.0.1`: otherwise Fastify would open a second server for
 * `::1`, without connection limits.
 */
export async function addressToListenOn(host: string): Promise<string> {
  if (host === 'localhost') return '127.0.0.1';
  if (isIP(host) !== 6 || !isEveryAddress(host)) return host;
  // A worker must open this socket itself (`exclusive`). Otherwise the parent process would open it for the worker and
  // share it.
  const probe = createServer().listen({ host, port: 0, exclusive: true });
  try {
    await once(probe, 'listening');
    return host;
  } catch (error) {
    // An error with any other code occurs a second time when the service listens, and is reported then.
    return NO_IPV6.has(errorCode(error)) ? '0.0.0.0' : host;
  } finally {
    probe.close();
  }
}
