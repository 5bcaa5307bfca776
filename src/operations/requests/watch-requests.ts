import type { FastifyInstance } from 'fastify';
import { plainAddress } from '../../common/plain-address.js';
import { EndedRequest } from './ended-request.js';

/** Is told of every request. */
export interface RequestWatcher {
  began?(): void;
  ended(request: EndedRequest): void;
}

/** Tells of every request that arrives, from now on; before all other hooks, so that none answers unseen. */
export function watchRequests(fastify: FastifyInstance, watchers: readonly RequestWatcher[]): void {
  if (watchers.length === 0) return;
  fastify.addHook('onRequest', (request, reply, done) => {
    const arrived = performance.now();
    // A connection that is gone has no address any more.
    const address = plainAddress(request.ip);
    let hasEnded = false;
    const end = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      const ended = new EndedRequest(request, reply, address, (performance.now() - arrived) / 1_000);
      for (const watcher of watchers) watcher.ended(ended);
    };
    reply.raw.once('close', end);
    // A response that waits behind others of the connection is not told that it closes; its request is. Listening
    // there costs more than all the rest, so only such requests are listened to.
    if (reply.raw.socket === null) request.raw.once('error', end);
    for (const watcher of watchers) watcher.began?.();
    done();
  });
}
