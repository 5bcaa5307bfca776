import { lookup as systemLookup } from 'node:dns';
import type { ClientRequest } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';

/**
 * Milliseconds without traffic after which the system probes the peer of a connection (TCP keep-alive). The connections
 * of a machine that is down or replaced then close within about 15 seconds.
 */
const KEEP_ALIVE_DELAY = 5_000;

/**
 * Aborts a request if its connection does not open within a time limit.
 *
 * @param limit in milliseconds
 * @param event the socket's event when the connection is open
 * @returns a function that returns true if the connection has opened
 */
export function connectWithin(
  outgoing: ClientRequest,
  limit: number,
  event: 'connect' | 'secureConnect',
): () => boolean {
  let isOpen = false;
  outgoing.once('socket', (socket: Socket) => {
    isOpen = !socket.connecting;
    if (isOpen) return; // a reused connection
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`the connection did not open within ${limit} ms`));
    }, limit);
    socket.once(event, () => {
      isOpen = true;
      socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
      clearTimeout(timer);
    });
    outgoing.once('close', () => {
      clearTimeout(timer);
    });
  });
  return () => isOpen;
}

/**
 * Returns a lookup function that resolves a name once for all connections that need it at the same time. Each lookup
 * occupies one of the few threads of the process until the resolver responds or times out, also without a waiting
 * connection.
 */
export function sharedLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  let callbacks: Parameters<LookupFunction>[2][] = [];
  return (name, options, callback) => {
    callbacks.push(callback);
    if (callbacks.length > 1) return;
    lookup(name, options, (...result) => {
      const waiting = callbacks;
      callbacks = [];
      for (const each of waiting) each(...result);
    });
  };
}
