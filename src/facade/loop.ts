import type { Header, RawHeaders } from './headers.js';
import { valuesOf } from './headers.js';

/** The name of this service in `Via` (RFC 9110, 7.6.3). It is the same for each process, replica and deployment. */
const PSEUDONYM = 'nova-action-log';

/** The maximum number of facades in a row. A third facade means that the request passes the same facade again. */
const MAX_FACADES = 2;

/** Returns the `Via` header that the facade adds to those of the client. @param version the client's version of HTTP */
export function viaHeader(version: string): Header {
  return ['Via', `${version} ${PSEUDONYM}`];
}

/** Returns true if a request has already passed the maximum number of facades, so that it is in a loop. */
export function isLoop(received: RawHeaders): boolean {
  const hops = valuesOf(received, 'via').flatMap((value) => value.split(','));
  const facades = hops.filter((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase() === PSEUDONYM);
  return facades.length >= MAX_FACADES;
}
