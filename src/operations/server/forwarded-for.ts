import type { onRequestHookHandler } from 'fastify';
import { isIP } from 'node:net';

const NAME = 'x-forwarded-for';

/** An address with a port behind it, as some proxies write it. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/;

/**
 * Cleans the addresses that proxies say a request came from: it removes their ports, and every entry before one that is
 * no address (`unknown`, or what a client made up).
 */
export const readForwardedFor: onRequestHookHandler = ({ raw: { headers } }, _reply, done) => {
  const { [NAME]: text } = headers;
  if (text !== undefined) headers[NAME] = addressesIn(String(text)).join(', ');
  done();
};

/** The addresses in the header's value, from the last one that is none on. */
export function addressesIn(text: string): string[] {
  const given = text.split(',').map((entry) => entry.trim());
  const entries = given.filter(Boolean).map((entry) => {
    const [, bracketed, plain] = WITH_PORT.exec(entry) ?? [];
    return bracketed ?? plain ?? entry;
  });
  return entries.slice(entries.findLastIndex((entry) => isIP(entry) === 0) + 1);
}
