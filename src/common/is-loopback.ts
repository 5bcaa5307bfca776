import { isIP } from 'node:net';

/** Returns true if only this machine can reach the host, which is a name or an address. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** The unspecified addresses as `URL` writes them. The last one is the IPv4 address in IPv6 notation. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', '[::ffff:0:0]']);

/** Returns true if a server that listens on the host listens on all addresses of this machine, for example `::`. */
export function isEveryAddress(host: string): boolean {
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}`;
  return URL.canParse(url) && UNSPECIFIED.has(new URL(url).hostname);
}
