import { isIP } from 'node:net';

/** Whether a host, by name or address, is this machine and can be reached from no other. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** The unspecified addresses as `URL` spells them; the last one is that of IPv4, written as IPv6. */
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '[::]', '[::ffff:0:0]']);

/** Whether to listen on a host means to listen on all addresses of this machine, however that is spelt. */
export function isEveryAddress(host: string): boolean {
  const url = `http://${isIP(host) === 6 ? `[${host}]` : host}`;
  return URL.canParse(url) && UNSPECIFIED.has(new URL(url).hostname);
}
