import type { ServerResponse } from 'node:http';

/**
 * Calls a function once, when a response is completely sent, or when the client has closed the connection. Call it
 * before the response starts.
 */
export function whenResponseCloses(response: ServerResponse, listener: () => void): void {
  const { socket } = response.req;
  const isWaiting = response.socket === null;
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    if (isWaiting) socket.off('close', close);
    listener();
  };
  response.once('close', close);
  // A pipelined response that waits for earlier ones emits no `close` event when its connection closes. Only such
  // responses listen to the connection, because a listener needs more time than the rest of this function. There may be
  // many of them, so Node's warning about many listeners is turned off.
  if (isWaiting) socket.setMaxListeners(0).once('close', close);
}
