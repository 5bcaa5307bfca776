import type { Verdict } from './verdict-store.js';

/**
 * The messages by which the parent process and its workers share validations of tokens. `key` is the cache key of a
 * token, which contains its digest.
 *
 * - `wanted`: a worker needs a verdict.
 * - `validate`: the parent process replies that the worker must validate the token at Keystone.
 * - `wait`: the parent process replies that another worker is validating the token.
 * - `verdict`: the worker has received the verdict; the parent process forwards it to all other workers.
 * - `failed`: the worker received no verdict; the parent process forwards this to the waiting workers.
 * - `oversized`: the verdict is too large for a message; the next waiting worker must validate the token too.
 */
export type TokenMessage = { readonly key: string } & (
  | { readonly type: `token:${'wanted' | 'validate' | 'wait' | 'failed' | 'oversized'}` }
  | { readonly type: 'token:verdict'; readonly verdict: Verdict }
);

/** Returns true if a message from another process is a `TokenMessage`. */
export function isTokenMessage(message: unknown): message is TokenMessage {
  const { type } = Object(message) as { type?: unknown };
  return typeof type === 'string' && type.startsWith('token:');
}

/** The maximum number of messages to one process that wait to be sent. */
const MAX_UNSENT = 1_000;

/**
 * Sends messages to a process. Drops messages while that process reads none, because unsent messages would fill the
 * memory.
 */
export class Outbox {
  private unsent = 0;

  constructor(private readonly deliver: (message: TokenMessage, sent: () => void) => void) {}

  /** Sends a message. @returns false if the message was dropped */
  send(message: TokenMessage): boolean {
    if (this.unsent >= MAX_UNSENT) return false;
    this.unsent += 1;
    this.deliver(message, () => {
      this.unsent -= 1;
    });
    return true;
  }
}
