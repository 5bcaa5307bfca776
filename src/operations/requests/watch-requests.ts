import type { onRequestHookHandler } from 'fastify';
import { plainAddress } from '../../common/plain-address.js';
import { ObservedRequest } from './observed-request.js';

/** Observes every request. */
export interface RequestWatcher {
  started?(): void;
  finished(request: ObservedRequest): void;
}

/** Makes the hook that reports every request to the watchers. It runs before all hooks that may answer. */
export function watchRequests(watchers: readonly RequestWatcher[]): onRequestHookHandler {
  return (request, reply, done) => {
    const arrived = performance.now();
    // A connection that is gone has no address any more.
    const address = plainAddress(request.ip);
    let hasEnded = false;
    const { socket } = request.raw;
    const waits = reply.raw.socket === null;
    const end = (): void => {
      if (hasEnded) return;
      hasEnded = true;
      if (waits) socket.off('close', end);
      const ended = new ObservedRequest(request, reply, address, (performance.now() - arrived) / 1_000);
      for (const watcher of watchers) watcher.finished(ended);
    };
    reply.raw.once('close', end);
    // A response that waits behind others of the connection emits nothing when that closes. Listening to the connection
    // costs more than all the rest, so only such requests do. There are as many as are not answered yet.
    if (waits) socket.setMaxListeners(0).once('close', end);
    for (const watcher of watchers) watcher.started?.();
    done();
  };
}
