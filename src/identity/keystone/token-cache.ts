import { topic } from '../../common/topic.js';
import type { Token } from '../authenticator.js';
import { type CachedToken, VerdictStore, type Verdict } from './verdict-store.js';

/** How long a token that Keystone does not know is remembered as such, in milliseconds. */
const UNKNOWN_TIME = 5_000;

/**
 * How long an answer is remembered at least that came too late for its caller, in milliseconds: the caller is asked to
 * come again after five seconds, and would never be served if the answer were lost.
 */
const LATE_TIME = 10_000;

/**
 * A question that is older than so many times the wait of a caller may be lost, as on a connection that died without a
 * word. It goes on, but the next caller asks anew.
 */
const LOST_AFTER = 2;

/** How many questions to Keystone may be under way. */
const MOST_QUESTIONS = 1_000;

/** How many while Keystone is slow: so many are answered within their time by a Keystone that takes three seconds. */
const MOST_QUESTIONS_WHILE_SLOW = 128;

/**
 * How a token was looked up: it was remembered as good or as unknown, somebody was already asking about it, Keystone
 * had to be asked, or it was not asked because too many questions were under way.
 */
export type TokenLookup = 'hit' | 'unknown' | 'shared' | 'miss' | 'refused';

export const tokenLookups = topic<TokenLookup>('token-lookup');

/** Other processes of this service, which may know a token or be asking about it. */
export interface Peers {
  /** Receives the answers of Keystone to other processes. */
  onVerdict(take: (key: string, verdict: Verdict) => void): void;

  /**
   * A verdict on the token with this digest.
   *
   * @param ask asks Keystone; called where no other process does so
   */
  verdictOn(key: string, ask: () => Promise<Verdict>): Promise<Verdict>;
}

/** A question to Keystone that is under way. */
interface Question {
  /** By `performance.now()`. */
  readonly begun: number;
  /** When the request for it was made, likewise; Infinity before that, such as while the service signs in. */
  readonly sent: { at: number };
  readonly answer: Promise<CachedToken | undefined>;
}

/** Asks Keystone about a token. @param sent is called when the request is made */
export type AskKeystone = (sent: () => void) => Promise<CachedToken | undefined>;

export interface CacheTimes {
  /** How long a caller waits for Keystone, in milliseconds. */
  readonly timeLimit: number;
  /** How long a valid token is remembered, in seconds; 0 for not at all. */
  readonly cacheSeconds: number;
}

/**
 * Remembers what Keystone said of tokens, for a while and never past a token's own end. It holds digests and no tokens.
 * Callers that wait for the same token share one question. A question goes on when no caller waits for it any more, and
 * its answer serves the next request. One that fails is not remembered.
 */
export class TokenCache {
  private readonly memory = new VerdictStore();
  /** In the order in which they were begun. */
  private readonly underWay = new Map<string, Question>();
  /** How many are under way, those included that may be lost. */
  private questions = 0;

  constructor(
    private readonly times: CacheTimes,
    private readonly peers?: Peers,
  ) {
    peers?.onVerdict((key, verdict) => {
      this.memory.remember(key, verdict);
    });
  }

  /** Whether the cache has an answer about the token, so that no request to Keystone is needed. */
  has({ digest }: Token): boolean {
    return (
      this.memory.get(digest) !== undefined ||
      this.memory.isUnknown(digest) ||
      this.memory.get(expiredKey(digest)) !== undefined
    );
  }

  /** @returns undefined unless the token is cached as valid */
  getCached(token: Token): CachedToken | undefined {
    return this.hit(token.digest);
  }

  /**
   * What Keystone says of a token.
   *
   * @param allowExpired whether a token counts that has just ended; then it may be remembered past its end
   * @param since when the caller began to wait, by `performance.now()`
   * @throws Error when Keystone does not answer, or too many requests to it are in progress
   */
  async get(
    { digest }: Token,
    allowExpired: boolean,
    since: number,
    ask: AskKeystone,
  ): Promise<CachedToken | undefined> {
    const key = allowExpired ? expiredKey(digest) : digest;
    const known = this.hit(key);
    if (known !== undefined) return known;
    if (this.memory.isUnknown(key)) {
      tokenLookups.publish('unknown');
      return undefined;
    }
    const asked = this.underWay.get(key);
    if (asked !== undefined && performance.now() - asked.sent.at < this.times.timeLimit * LOST_AFTER) {
      tokenLookups.publish('shared');
      return asked.answer;
    }
    if (this.questions >= this.mostQuestions()) {
      tokenLookups.publish('refused');
      throw new Error(`${this.questions} questions to Keystone are under way`);
    }
    return this.begin(key, since, ask);
  }

  private begin(key: string, since: number, ask: AskKeystone): Promise<CachedToken | undefined> {
    const sent = { at: Infinity };
    const askKeystone = (): Promise<CachedToken | undefined> =>
      ask(() => {
        sent.at = performance.now();
      });
    const answer = this.learn(key, since, askKeystone).finally(() => {
      this.questions -= 1;
      if (this.underWay.get(key) === question) this.underWay.delete(key);
    });
    const question: Question = { begun: performance.now(), sent, answer };
    this.questions += 1;
    // The one that may be lost is deleted first, so that the new one is the last in order.
    this.underWay.delete(key);
    this.underWay.set(key, question);
    return answer;
  }

  private hit(key: string): CachedToken | undefined {
    const known = this.memory.get(key);
    if (known !== undefined) tokenLookups.publish('hit');
    return known;
  }

  /** Keystone is slow while callers give up the oldest question that is under way. */
  private mostQuestions(): number {
    const [oldest] = this.underWay.values();
    const isSlow = oldest !== undefined && performance.now() - oldest.begun > this.times.timeLimit;
    return isSlow ? MOST_QUESTIONS_WHILE_SLOW : MOST_QUESTIONS;
  }

  private async learn(
    key: string,
    since: number,
    ask: () => Promise<CachedToken | undefined>,
  ): Promise<CachedToken | undefined> {
    const askKeystone = async (): Promise<Verdict> => {
      tokenLookups.publish('miss');
      const token = await ask();
      return { token, until: Date.now() + this.timeFor(token, performance.now() - since) };
    };
    const verdict = await (this.peers?.verdictOn(key, askKeystone) ?? askKeystone());
    this.memory.remember(key, verdict);
    return verdict.token;
  }

  /**
   * How long an answer is remembered, in milliseconds from now.
   *
   * @param taken how long the caller has waited: Keystone may have looked at the token at the beginning of that
   */
  private timeFor(token: CachedToken | undefined, taken: number): number {
    const late = taken > this.times.timeLimit ? LATE_TIME : 0;
    if (token === undefined) return Math.max(UNKNOWN_TIME, late);
    const left = token.expiresAt - Date.now();
    // One that counts although it has ended is asked about each time.
    if (left <= 0) return late;
    return Math.min(left, Math.max(this.times.cacheSeconds * 1_000 - taken, late));
  }
}

/** The cache key of the answer whether the token is valid or has just ended. */
function expiredKey(digest: string): string {
  return `${digest} expired`;
}
