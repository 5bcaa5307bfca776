import { plainAddress } from './plain-address.js';

/** Which clients count as one: those of an IPv4 address, or of an IPv6 network of 64 bits, which one machine can have for itself. */
export function clientNetwork(ip: string): string {
  const address = plainAddress(ip);
  if (!address.includes(':')) return address;
  const [before = [], after = []] = address.split('::').map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0');
  return [...before, ...zeros, ...after].slice(0, 4).join(':');
}
