import type { onRequestHookHandler } from 'fastify';
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
    // requests listen to the connection, because a listener needs more time than the rest of this hook. There may be
    // many of them, so Node's warning about many listeners is turned off.
    if (isWaiting) socket.setMaxListeners(0).once('close', finish);
    for (const watcher of watchers) watcher.started?.();
    done();
  };
}
