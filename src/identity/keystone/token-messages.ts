import type { Verdict } from './verdict-store.js';

/**
 * How the processes of one service share what Keystone says of a token. Keys are digests, never tokens. A worker that
 * needs a verdict sends `wanted`, and the process over the workers tells it to `ask` Keystone or to `wait` for another
 * worker that does. What Keystone says goes to all workers as a `verdict`; that it says nothing goes to those that wait,
 * as `failed`. A verdict that is too large to be sent is `kept`: the next worker that waits asks for itself.
 */
export type TokenMessage = { readonly key: string } & (
  | { readonly type: `token:${'wanted' | 'ask' | 'wait' | 'failed' | 'kept'}` }
  | { readonly type: 'token:verdict'; readonly verdict: Verdict }
);

/** Whether something that another process sent is about tokens. */
export function isTokenMessage(message: unknown): message is TokenMessage {
  const { type } = Object(message) as { type?: unknown };
  return typeof type === 'string' && type.startsWith('token:');
}

/** How many messages may wait for a process that reads none. */
const MOST_UNSENT = 1_000;

/** Sends messages to a process, unless it reads none: then they would fill the memory. */
export class Outbox {
  private unsent = 0;

  constructor(private readonly deliver: (message: TokenMessage, sent: () => void) => void) {}

  /** @returns whether it is on its way */
  send(message: TokenMessage): boolean {
    if (this.unsent >= MOST_UNSENT) return false;
    this.unsent += 1;
    this.deliver(message, () => {
      this.unsent -= 1;
    });
    return true;
  }
}
