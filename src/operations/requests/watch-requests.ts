import type { onRequestHookHandler } from 'fastify';
import { whenResponseCloses } from '../../common/http/response-closed.js';
import { plainAddress } from '../../common/plain-address.js';
import { ObservedRequest } from './observed-request.js';

/** An observer of all requests. */
export interface RequestWatcher {
  started?(): void;
  finished(request: ObservedRequest): void;
}

/**
 * Returns the hook that reports every request to the watchers. It must run before all hooks that may send a response,
 * to report these responses, too.
 */
export function watchRequests(watchers: readonly RequestWatcher[]): onRequestHookHandler {
  return (request, reply, done) => {
    const arrived = performance.now();
    // The address is read now, because a connection has no address after it has been closed.
    const address = plainAddress(request.ip);
    whenResponseCloses(reply.raw, () => {
      const observed = new ObservedRequest(request, reply, address, (performance.now() - arrived) / 1_000);
      for (const watcher of watchers) watcher.finished(observed);
    });
    for (const watcher of watchers) watcher.started?.();
    done();
  };
}
