import type { onRequestHookHandler } from 'fastify';
import { isIP } from 'node:net';

const NAME = 'x-forwarded-for';

/** An address with a port behind it, as some proxies write it. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/;

/**
 * Cleans X-Forwarded-For before Fastify reads it: removes ports, and all entries up to the last one that is not an address
 * (`unknown`, or an invention of the client).
 */
export const readForwardedFor: onRequestHookHandler = ({ raw: { headers } }, _reply, done) => {
  const { [NAME]: text } = headers;
  if (text !== undefined) headers[NAME] = addressesIn(String(text)).join(', ');
  done();
};

/** The addresses in the header's value that stand behind the last entry which is not an address. */
export function addressesIn(text: string): string[] {
  const given = text.split(',').map((entry) => entry.trim());
  const entries = given.filter(Boolean).map((entry) => {
    const [, bracketed, plain] = WITH_PORT.exec(entry) ?? [];
    return bracketed ?? plain ?? entry;
  });
  return entries.slice(entries.findLastIndex((entry) => isIP(entry) === 0) + 1);
}
