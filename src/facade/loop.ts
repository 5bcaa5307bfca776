import type { Header, RawHeaders } from './headers.js';
import { valuesOf } from './headers.js';

/** How this service names itself in `Via` (RFC 9110, 7.6.3): every process, replica and deployment alike. */
const PSEUDONYM = 'nova-action-log';

/** One facade may stand before another one. A third time means that the request goes round. */
const MAX_FACADES = 2;

/** What nova-api gets beside the `Via` headers of the client. @param version of HTTP, as the client sent the request */
export function viaHeader(version: string): Header {
  return ['Via', `${version} ${PSEUDONYM}`];
}

/** Whether a request has passed so many facades that it must be going round. */
export function isLoop(received: RawHeaders): boolean {
  const hops = valuesOf(received, 'via').flatMap((value) => value.split(','));
  const facades = hops.filter((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase() === PSEUDONYM);
  return facades.length >= MAX_FACADES;
}
