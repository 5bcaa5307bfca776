import type { IncomingMessage } from 'node:http';

const longBodies = new WeakSet<IncomingMessage>();

/**
 * Declares that the body of a request may take very long to arrive. REQUEST_TIMEOUT does not apply to such a request, so
 * the caller of this function must limit the time.
 */
export function declareLongBody(request: IncomingMessage): void {
  longBodies.add(request);
}

export function hasLongBody(request: IncomingMessage): boolean {
  return longBodies.has(request);
}
