import { isIPv6 } from 'node:net';

/**
 * A name or an IPv4 address, with a port or not (RFC 9110, 7.2). The comma, which RFC 3986 lets a name have, stands
 * between two hosts where somebody has put two headers into one.
 */
const NAME_AND_PORT = /^(?:[\w.\-~!$&'()*+;=]|%[\da-f]{2})*(?::\d{0,5})?$/i;

const ADDRESS_AND_PORT = /^\[([\da-f:.]+)\](?::\d{0,5})?$/i;

/** Whether a text can be the value of a `Host` header; an empty one can. */
export function isValidHost(text: string): boolean {
  const [, address] = ADDRESS_AND_PORT.exec(text) ?? [];
  return address === undefined ? NAME_AND_PORT.test(text) : isIPv6(address);
}
