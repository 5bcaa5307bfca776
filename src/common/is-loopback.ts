import { isIP } from 'node:net';

/** Whether a host, by name or address, is this machine and can be reached from no other. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}
