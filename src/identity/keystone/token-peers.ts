import type { Peers } from './token-cache.js';
import { isTokenMessage, Outbox, type TokenMessage } from './token-messages.js';
import { sizeOf, type Verdict } from './verdict-store.js';

/** Milliseconds that a worker waits for a message of the parent process that says which worker validates a token. */
const PARENT_TIMEOUT = 200;

/** Milliseconds that a worker waits for a verdict from another worker before it sends a request to Keystone itself. */
const PEER_TIMEOUT = 5_000;

/** The maximum size of a verdict in a message, in bytes. */
const MAX_VERDICT_SIZE = 16_384;

/** The error when another worker tried to validate the token and got no verdict from Keystone. */
class PeerFailed extends Error {
  constructor() {
    super('another process of this service received no response from Keystone');
  }
}

/**
 * The connection of a worker to the other workers. The worker sends a request about a token to Keystone only if no
 * other worker does.
 */
export class WorkerPeers implements Peers {
  private readonly outbox = new Outbox((message, sent) => {
    if (process.send === undefined || !process.connected) sent();
    else process.send(message, undefined, undefined, sent);
  });
  /** For the cache key of each token: the function that receives the next message about this token. */
  private readonly listeners = new Map<string, (message: TokenMessage) => void>();

  onVerdict(listener: (key: string, verdict: Verdict) => void): void {
    process.on('message', (message) => {
      if (!isTokenMessage(message)) return;
      if (message.type === 'token:verdict') listener(message.key, message.verdict);
      this.listeners.get(message.key)?.(message);
    });
  }

  async verdictFor(key: string, validate: () => Promise<Verdict>): Promise<Verdict> {
    const message = await this.nextMessage(key);
    if (message?.type === 'token:verdict') return message.verdict;
    if (message?.type === 'token:failed') throw new PeerFailed();
    let report: TokenMessage = { type: 'token:failed', key };
    try {
      const verdict = await validate();
      const isLarge = verdict.token !== undefined && sizeOf(verdict.token) > MAX_VERDICT_SIZE;
      report = isLarge ? { type: 'token:oversized', key } : { type: 'token:verdict', key, verdict };
      return verdict;
    } finally {
      this.outbox.send(report);
    }
  }

  /**
   * Returns the next message about a token, ignoring `wait` messages. Returns undefined if no message arrives within
   * the time limit.
   */
  private nextMessage(key: string): Promise<TokenMessage | undefined> {
    return new Promise((resolve) => {
      const finish = (message?: TokenMessage): void => {
        clearTimeout(timer);
        if (this.listeners.get(key) === listener) this.listeners.delete(key);
        resolve(message);
      };
      const listener = (message: TokenMessage): void => {
        if (message.type !== 'token:wait') {
          finish(message);
          return;
        }
        clearTimeout(timer);
        timer = setTimeout(finish, PEER_TIMEOUT);
      };
      let timer = setTimeout(finish, PARENT_TIMEOUT);
      this.listeners.set(key, listener);
      if (!this.outbox.send({ type: 'token:wanted', key })) finish();
    });
  }
}
