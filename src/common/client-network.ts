import { plainAddress } from './plain-address.js';

/**
 * Returns the network of an address. The limits for clients, such as the rate limit, treat all clients of a network as
 * one client. The network is the whole IPv4 address, or the first 64 bits of an IPv6 address, because one machine may
 * use all addresses of a /64 network.
 */
export function clientNetwork(ip: string): string {
  const address = plainAddress(ip);
  if (!address.includes(':')) return address;
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
