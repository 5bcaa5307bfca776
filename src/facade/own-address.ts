import { isEveryAddress, isLoopback } from '../common/is-loopback.js';
import type { Settings } from '../config/settings.js';

/** What the name may stand for; another loopback address, such as 127.0.0.2, is another service's. */
const LOCALHOST = new Set(['localhost', '127.0.0.1', '::1']);

/** Whether an address is plainly one that this service listens on; there may be others that only the network knows of. */
export function isOwnAddress(url: string, { HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): boolean {
  const { protocol, hostname, port } = new URL(url);
  if (Number(port || (protocol === 'https:' ? 443 : 80)) !== PORT) return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === HOST) return true;
  return isEveryAddress(HOST) ? isLoopback(host) : LOCALHOST.has(host) && LOCALHOST.has(HOST);
}
