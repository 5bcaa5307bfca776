import type { Verdict } from './token-memory.js';

/*
 * How the processes of one service share what Keystone says of a token. Keys are digests, never tokens. A worker says
 * `wanted`, and the process over the workers tells it to `ask` Keystone or to `wait` for another worker that does. What
 * Keystone says goes to all workers as a `verdict`; that it says nothing goes to those that wait, as `failed`.
 */

/** A worker needs a verdict. */
export interface Wanted {
  readonly type: 'token:wanted';
  readonly key: string;
}

export interface Ask {
  readonly type: 'token:ask';
  readonly key: string;
}

export interface Wait {
  readonly type: 'token:wait';
  readonly key: string;
}

export interface Learned {
  readonly type: 'token:verdict';
  readonly key: string;
  readonly verdict: Verdict;
}

export interface Failed {
  readonly type: 'token:failed';
  readonly key: string;
}

/** A worker has a verdict that is too large to be sent: the next one that waits has to ask for itself. */
export interface Kept {
  readonly type: 'token:kept';
  readonly key: string;
}

export type TokenMessage = Wanted | Ask | Wait | Learned | Failed | Kept;

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
