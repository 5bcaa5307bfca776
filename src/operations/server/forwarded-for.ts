import type { onRequestHookHandler } from 'fastify';
import { isIP } from 'node:net';

const NAME = 'x-forwarded-for';

/** Matches an address with a port, which some proxies send. */
const WITH_PORT = /^(?:\[([^\]]+)\](?::\d+)?|([^:]+):\d+)$/;

/**
 * Corrects X-Forwarded-For before Fastify reads it. It removes ports. If an entry is not an IP address, such as
 * `unknown`, it removes that entry and all entries to its left, because the client may have forged them.
 */
export const readForwardedFor: onRequestHookHandler = ({ raw: { headers } }, _reply, done) => {
  const { [NAME]: text } = headers;
  if (text !== undefined) headers[NAME] = addressesIn(String(text)).join(', ');
  done();
};

/** Returns the addresses in the header's value. If an entry is not an address, only the entries to its right count. */
export function addressesIn(text: string): string[] {
  const given = text.split(',').map((entry) => entry.trim());
  const entries = given.filter(Boolean).map((entry) => {
    const [, bracketed, plain] = WITH_PORT.exec(entry) ?? [];
    return bracketed ?? plain ?? entry;
  });
  return entries.slice(entries.findLastIndex((entry) => isIP(entry) === 0) + 1);
}
