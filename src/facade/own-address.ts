import type { Settings } from '../config/settings.js';

const THIS_MACHINE = new Set(['localhost', '127.0.0.1', '::1']);
const ALL_ADDRESSES = new Set(['0.0.0.0', '::']);

/** Whether an address is plainly one that this service listens on; there may be others that only the network knows of. */
export function isOwnAddress(url: string, { HOST, PORT }: Pick<Settings, 'HOST' | 'PORT'>): boolean {
  const { protocol, hostname, port } = new URL(url);
  if (Number(port || (protocol === 'https:' ? 443 : 80)) !== PORT) return false;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (!THIS_MACHINE.has(host)) return host === HOST;
  return THIS_MACHINE.has(HOST) || ALL_ADDRESSES.has(HOST);
}
