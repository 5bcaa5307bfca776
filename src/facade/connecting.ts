import { lookup as systemLookup } from 'node:dns';
import type { ClientRequest } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';

/**
 * Milliseconds without traffic after which the operating system probes the peer of a connection (TCP keep-alive). If
 * the machine of the peer is down or was replaced, the connection then closes within about 15 seconds.
 */
const KEEP_ALIVE_DELAY = 5_000;

/**
 * Aborts a request if its connection to the server does not open within a time limit.
 *
 * @param limit the time limit, in milliseconds
 * @param event the event that the socket emits when the connection is open
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
    // The request reuses an open connection.
    if (isOpen) return;
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
 * Returns a lookup function that resolves a host name once for all connections that need the name at the same time.
 * Each lookup occupies one of the few threads of the process until the resolver responds or times out, even if the
 * connection does not wait for the name any more.
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
