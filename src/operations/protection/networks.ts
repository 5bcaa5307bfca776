import { BlockList, isIP } from 'node:net';

/** A socket for both kinds of addresses writes an IPv4 one as IPv6. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/**
 * The addresses that one client is taken to have: an IPv4 address alone, and of IPv6 the network of 64 bits, of which a
 * client may use any address.
 *
 * @param address of a connection
 */
export function networkOf(address: string): string {
  const text = plain(address);
  if (isIP(text) !== 6) return text;
  const [head = '', tail] = text.split('%', 1).join('').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...(tail === undefined ? [] : zeros), ...after].slice(0, 4).join(':');
}

/** @param trusted addresses and networks, such as `10.0.0.0/8` */
export function isTrusted(trusted: readonly string[]): (address: string) => boolean {
  if (trusted.length === 0) return () => false;
  const list = new BlockList();
  for (const entry of trusted) {
    const [address = '', prefix] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => {
    const text = plain(address);
    const family = isIP(text);
    return family !== 0 && list.check(text, family === 6 ? 'ipv6' : 'ipv4');
  };
}
