import { lookup as systemLookup } from 'node:dns';
import type { ClientRequest } from 'node:http';
import type { LookupFunction, Socket } from 'node:net';

/**
 * After how much silence the system asks a peer whether it is still there, in milliseconds. A machine that is gone, or
 * has been replaced, then frees its connections within some 15 seconds.
 */
const KEEP_ALIVE_DELAY = 5_000;

/**
 * Gives a request up whose connection does not stand in time.
 *
 * @param limit in milliseconds
 * @param event of the socket, when it does
 * @returns whether it stands by now
 */
export function connectWithin(
  outgoing: ClientRequest,
  limit: number,
  event: 'connect' | 'secureConnect',
): () => boolean {
  let stands = false;
  outgoing.once('socket', (socket: Socket) => {
    stands = !socket.connecting;
    if (stands) return; // a kept one
    const timer = setTimeout(() => {
      outgoing.destroy(new Error('no connection in time'));
    }, limit);
    socket.once(event, () => {
      stands = true;
      socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
      clearTimeout(timer);
    });
    outgoing.once('close', () => {
      clearTimeout(timer);
    });
  });
  return () => stands;
}

/**
 * Looks a name up once at a time, for all connections that want it meanwhile. Each look-up occupies one of the few
 * threads of the process until the resolver answers or gives up, even if nobody waits for it any more.
 */
export function sharedLookup(lookup: LookupFunction = systemLookup): LookupFunction {
  let callbacks: Parameters<LookupFunction>[2][] = [];
  return (name, options, callback) => {
    callbacks.push(callback);
    if (callbacks.length > 1) return;
    lookup(name, options, (...answer) => {
      const waiting = callbacks;
      callbacks = [];
      for (const each of waiting) each(...answer);
    });
  };
}
