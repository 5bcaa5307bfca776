import { isEveryAddress, isLoopback } from '../common/is-loopback.js';
import type { Settings } from '../config/settings.js';

/**
 * The name localhost and its usual addresses. Other loopback addresses, such as 127.0.0.2, are not in the list, because
 * another service may listen there.
 */
const LOCALHOST = new Set(['localhost', '127.0.0.1', '::1']);

/**
 * Returns true if a URL is an address on which the service listens according to its settings. Does not detect that the
 * URL leads to this service through a proxy or through another host name.
 */
export function isOwnAddress(url: string, { HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): boolean {
  const { protocol, hostname, port } = new URL(url);
  if (Number(port || (protocol === 'https:' ? 443 : 80)) !== PORT) return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === HOST) return true;
  return isEveryAddress(HOST) ? isLoopback(host) : LOCALHOST.has(host) && LOCALHOST.has(HOST);
}
