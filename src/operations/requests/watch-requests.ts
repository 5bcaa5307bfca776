import type { onRequestHookHandler } from 'fastify';
import { plainAddress } from '../../common/plain-address.js';
import { ObservedRequest } from './observed-request.js';

/** An observer of all requests. */
export interface RequestWatcher {
  started?(): void;
  finished(request: ObservedRequest): void;
}

/**
 * Returns the hook that reports every request to the watchers. It must run before all hooks that may send a response.
 */
export function watchRequests(watchers: readonly RequestWatcher[]): onRequestHookHandler {
  return (request, reply, done) => {
    const arrived = performance.now();
    // Read now, because a closed connection has no address.
    const address = plainAddress(request.ip);
    let isFinished = false;
    const { socket } = request.raw;
    const isWaiting = reply.raw.socket === null;
    const finish = (): void => {
      if (isFinished) return;
      isFinished = true;
      if (isWaiting) socket.off('close', finish);
      const observed = new ObservedRequest(request, reply, address, (performance.now() - arrived) / 1_000);
      for (const watcher of watchers) watcher.finished(observed);
    };
    reply.raw.once('close', finish);
    // A pipelined response that waits for earlier ones emits no `close` event when its connection closes. Only such
    // requests listen to the connection, because that costs more than the rest of this hook. Their number is not
    // limited here, so Node's warning about many listeners is turned off.
    if (isWaiting) socket.setMaxListeners(0).once('close', finish);
    for (const watcher of watchers) watcher.started?.();
    done();
  };
}
