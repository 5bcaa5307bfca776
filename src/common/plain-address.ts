/**
 * Returns a client's address in its usual notation. A socket that accepts both IPv6 and IPv4 reports an IPv4 address as
 * `::ffff:192.0.2.1`; this function returns `192.0.2.1`.
 */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
