import { once } from 'node:events';
import { createServer, isIP } from 'node:net';
import { errorCode } from '../../common/error-code.js';
import { isEveryAddress } from '../../common/is-loopback.js';

/** What the system answers where it has no IPv6. */
const NO_IPV6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * `::` means the addresses of both families; on a machine without IPv6 it is `0.0.0.0` that means all of them.
 * `localhost` is 127.0.0.1: for `::1` Fastify would open a second server, to which no limit applies.
 */
export async function addressToListenOn(host: string): Promise<string> {
  if (host === 'localhost') return '127.0.0.1';
  if (isIP(host) !== 6 || !isEveryAddress(host)) return host;
  // In this process alone, even where it is one of several that share a port.
  const probe = createServer().listen({ host, port: 0, exclusive: true });
  try {
    await once(probe, 'listening');
    return host;
  } catch (error) {
    // Any other error comes again, and is reported, where the service listens.
    return NO_IPV6.has(errorCode(error)) ? '0.0.0.0' : host;
  } finally {
    probe.close();
  }
}
