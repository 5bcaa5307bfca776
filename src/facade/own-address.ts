import { isEveryAddress, isLoopback } from '../common/is-loopback.js';
import type { Settings } from '../config/settings.js';

/**
 * The name localhost and its addresses. Another loopback address, such as 127.0.0.2, may be that of another service.
 */
const LOCALHOST = new Set(['localhost', '127.0.0.1', '::1']);

/** Returns true if the service listens on an address, as far as its settings show; a proxy or DNS may add others. */
export function isOwnAddress(url: string, { HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): boolean {
  const { protocol, hostname, port } = new URL(url);
  if (Number(port || (protocol === 'https:' ? 443 : 80)) !== PORT) return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === HOST) return true;
  return isEveryAddress(HOST) ? isLoopback(host) : LOCALHOST.has(host) && LOCALHOST.has(HOST);
}
