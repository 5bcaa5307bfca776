import { isIP } from 'node:net';

/** Returns true if a host is a loopback address or name, which only this machine can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/**
 * The unspecified addresses ("all addresses"), in the notation that `URL` produces. The last entry is 0.0.0.0 in IPv6
 * notation.
 */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', '[::ffff:0:0]']);

/**
 * Returns true if a server that listens on this host, for example `::`, then listens on all addresses of the machine.
 */
export function isEveryAddress(host: string): boolean {
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}`;
  return URL.canParse(url) && UNSPECIFIED.has(new URL(url).hostname);
}
