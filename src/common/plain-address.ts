/** A client's address. A socket for both families writes one of IPv4 as IPv6: `::ffff:192.0.2.1`. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
