/** Returns a client's address in its usual notation. A socket for IPv6 and IPv4 reports `::ffff:192.0.2.1` for IPv4. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
