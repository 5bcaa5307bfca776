import { isIPv6 } from 'node:net';

/**
 * Matches a name or an IPv4 address, with or without a port (RFC 9110, 7.2). RFC 3986 allows a comma in a name. This
 * expression does not, because a comma means that a proxy has joined two headers.
 */
const NAME_AND_PORT = /^(?:[\w.\-~!$&'()*+;=]|%[\da-f]{2})*(?::\d{0,5})?$/i;

const ADDRESS_AND_PORT = /^\[([\da-f:.]+)\](?::\d{0,5})?$/i;

/** Returns true if a text is a valid value of a `Host` header. An empty text is valid. */
export function isValidHost(text: string): boolean {
  const [, address] = ADDRESS_AND_PORT.exec(text) ?? [];
  return address === undefined ? NAME_AND_PORT.test(text) : isIPv6(address);
}
