import type { Header, RawHeaders } from './headers.js';
import { valuesOf } from './headers.js';

/**
 * The name of this service in the `Via` header (RFC 9110, 7.6.3). All processes, replicas and deployments use the same
 * name.
 */
const PSEUDONYM = 'nova-action-log';

/**
 * The maximum number of instances of this service through which one request may pass on its way to nova-api. A request
 * that has passed through more is in a loop: each instance sends it to another one, and never to nova-api.
 */
const MAX_FACADES = 2;

/**
 * Returns the `Via` header that the service adds to the `Via` headers of the client.
 *
 * @param version the HTTP version of the client's request
 */
export function viaHeader(version: string): Header {
  return ['Via', `${version} ${PSEUDONYM}`];
}

/**
 * Returns true if a request has already passed through the maximum number of instances of this service. The request is
 * then in a loop.
 */
export function isLoop(received: RawHeaders): boolean {
  const hops = valuesOf(received, 'via').flatMap((value) => value.split(','));
  const facades = hops.filter((hop) => hop.trim().split(/\s+/)[1]?.toLowerCase() === PSEUDONYM);
  return facades.length >= MAX_FACADES;
}
