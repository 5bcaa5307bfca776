import type { Peers } from './token-cache.js';
import { sizeOf, type Verdict } from './verdict-store.js';
import { isTokenMessage, Outbox, type TokenMessage } from './token-messages.js';

/** How long the parent process may take to name the worker that asks Keystone, in milliseconds. */
const FIRST_WORD_TIME = 200;

/** How long this worker waits for another one, in milliseconds; then it asks Keystone itself. */
const WAIT_TIME = 5_000;

/** Verdicts above this size are not sent, in bytes. */
const LARGEST_VERDICT = 16_384;

/** Another worker asked Keystone and had no answer. */
class PeerFailed extends Error {
  constructor() {
    super('another process of this service had no answer from Keystone');
  }
}

/** In a worker: asks Keystone about a token only where no other worker of the service does. */
export class WorkerPeers implements Peers {
  private readonly outbox = new Outbox((message, sent) => {
    if (process.send === undefined || !process.connected) sent();
    else process.send(message, undefined, undefined, sent);
  });
  /** What the next word about a token is for. */
  private readonly listening = new Map<string, (message: TokenMessage) => void>();

  onVerdict(take: (key: string, verdict: Verdict) => void): void {
    process.on('message', (message) => {
      if (!isTokenMessage(message)) return;
      if (message.type === 'token:verdict') take(message.key, message.verdict);
      this.listening.get(message.key)?.(message);
    });
  }

  async verdictOn(key: string, ask: () => Promise<Verdict>): Promise<Verdict> {
    const word = await this.wordAbout(key);
    if (word?.type === 'token:verdict') return word.verdict;
    if (word?.type === 'token:failed') throw new PeerFailed();
    let told: TokenMessage = { type: 'token:failed', key };
    try {
      const verdict = await ask();
      const isLarge = verdict.token !== undefined && sizeOf(verdict.token) > LARGEST_VERDICT;
      told = isLarge ? { type: 'token:kept', key } : { type: 'token:verdict', key, verdict };
      return verdict;
    } finally {
      this.outbox.send(told);
    }
  }

  /** Undefined where nothing is heard in time. */
  private wordAbout(key: string): Promise<TokenMessage | undefined> {
    return new Promise((resolve) => {
      const finish = (message?: TokenMessage): void => {
        clearTimeout(timer);
        if (this.listening.get(key) === listen) this.listening.delete(key);
        resolve(message);
      };
      const listen = (message: TokenMessage): void => {
        if (message.type !== 'token:wait') {
          finish(message);
          return;
        }
        clearTimeout(timer);
        timer = setTimeout(finish, WAIT_TIME);
      };
      let timer = setTimeout(finish, FIRST_WORD_TIME);
      this.listening.set(key, listen);
      if (!this.outbox.send({ type: 'token:wanted', key })) finish();
    });
  }
}
