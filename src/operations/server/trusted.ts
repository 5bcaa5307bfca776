import { BlockList, isIP } from 'node:net';
import { plainAddress } from '../../common/plain-address.js';

/**
 * Returns a function that returns true for a trusted address.
 *
 * @param trusted addresses and networks, such as `10.0.0.0/8`
 */
export function trustedMatcher(trusted: readonly string[]): (address: string) => boolean {
  if (trusted.length === 0) return () => false;
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const text = plainAddress(address);
    const family = isIP(text);
    return family !== 0 && list.check(text, family === 6 ? 'ipv6' : 'ipv4');
  };
}
